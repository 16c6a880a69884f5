"""What a person sees who decides about an upgrade."""

from typing import Any

from headgate.plan.upgrade_markdown import upgrade_as_markdown

PLAN: dict[str, Any] = {
    "action": "upgrade",
    "from_line": "2.2",
    "from_version": "2.2.1",
    "flink_version": "2.3.0",
    "line": "2.3",
    "declared_line": "2.2",
    "changes": [{"what": "Flink line", "before": "2.2", "after": "2.3"}],
    "expected_gap_seconds": None,
    "stop": "abc",
}
DECIDED = {
    "class": "needs rehearsal",
    "class_reason": "it reads the state",
    "way": "stop and restore",
    "way_reason": "no gate",
    "rehearse": True,
    "rehearse_reason": "as job.yaml says",
}
REHEARSAL = {"restore_seconds": 1.7, "reason": "restored", "exact": True, "exact_reason": "tried"}


def test_before_the_rehearsal() -> None:
    text = upgrade_as_markdown("minutes", {"plan": PLAN, "decide": DECIDED})

    assert text.startswith("## minutes: Flink 2.2.1 → 2.3.0")
    assert "- Flink line: 2.2 → 2.3" in text
    assert "**Class:** needs rehearsal (it reads the state)" in text
    assert "**Way:** stop and restore (no gate)" in text
    assert "not known yet" in text
    assert "**Rehearsal:** will be made" in text
    assert 'afterwards set `flink: "2.3"`' in text


def test_after_the_rehearsal() -> None:
    plan = {**PLAN, "expected_gap_seconds": 2.04, "declared_line": "2.3"}
    evidence = {
        "plan": plan,
        "decide": DECIDED,
        "rehearsal": REHEARSAL,
        "preflight": {"notes": ["its state has 42 kB"]},
    }
    text = upgrade_as_markdown("minutes", evidence)

    assert "**Expected gap:** 2.0 s between two results" in text
    assert "passed, restored and checkpointed in 1.7 s (restored)" in text
    assert "**Exact way back:** open (tried)" in text
    assert "**To be known:** its state has 42 kB" in text
    assert "afterwards set" not in text


def test_nothing_to_do() -> None:
    plan = {"action": "keep", "note": "already runs on Flink 2.3 as declared"}
    text = upgrade_as_markdown("minutes", {"plan": plan})
    assert text == "**Nothing to do.** minutes already runs on Flink 2.3 as declared.\n"
