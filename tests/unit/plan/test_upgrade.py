"""Upgrades decided from facts alone: refused, classified, and what has to come before them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from headgate.ids import Digest, JobName
from headgate.plan.flink_lines import line_change
from headgate.plan.state_difference import StateDifference
from headgate.plan.tried_before import PastUpgrade, TriedBefore, tried_before
from headgate.plan.upgrade import (
    Asked,
    Classified,
    Policy,
    StateFacts,
    class_of_change,
    decide,
    decision_as_json,
    is_as_asked,
    refused,
)
from headgate.plan.upgrade_changes import Changed, Version, changes_between
from headgate.plan.way_of_cut_over import WayOfCutOver

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JOB = JobName("device-minutes")
LINE = Changed("Flink line", "2.2", "2.3")
ADDED = StateDifference("u", "s", "added", None, "LONG", "it begins empty")
GONE = StateDifference("u", "s", "removed", "LONG", None, "what it holds would be dropped")
SAME = StateFacts((), is_known=True, is_other_sql=False)


def asked(running: str, target: str, declared: str | None = None, **more: Any) -> Asked:
    facts: dict[str, Any] = {"running_spec": Digest("a"), "target_spec": Digest("b"), **more}
    return Asked(JOB, running, declared or target, target, **facts)


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ("2.2", "2.2", "same"),
        ("2.2", "2.3", "up"),
        ("2.9", "2.10", "up"),
        ("2.3", "2.2", "down"),
        ("1.20", "2.2", "across"),
        ("1.19", "1.20", "up"),
        ("2.2", "1.20", "refused"),
        ("2.0", "1.19", "refused"),
    ],
)
def test_line_change(before: str, after: str, step: str) -> None:
    change = line_change(before, after)
    assert change.step == step
    assert bool(change.reason) == (step not in ("same", "up"))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (asked("2.2", "2.3"), None),
        (asked("2.2", "2.3", "2.2"), None),
        (asked("2.3", "2.2", "2.3"), None),
        (asked("1.20", "2.2"), None),
        (asked("2.2", "1.20"), "no way back to 1.x"),
        (asked("2.2", "2.3", "2.1"), "its job.yaml declares Flink 2.1"),
    ],
)
def test_refused(question: Asked, words: str | None) -> None:
    refusal = refused(question)
    assert (refusal is None) == (words is None)
    if refusal is not None and words is not None:
        assert words in refusal.what
        assert "headgate" in refusal.next_step


def test_version_that_failed_before_is_tried_again_only_when_a_person_says_so() -> None:
    tried = TriedBefore(NOON, "was rolled back", "it restarts in a loop")
    refusal = refused(asked("2.2", "2.3", tried_before=tried))
    assert refusal is not None
    assert "was rolled back: it restarts in a loop" in refusal.what
    assert refusal.next_step.endswith("--to 2.3 --again")
    assert refused(asked("2.2", "2.3", tried_before=tried, try_again=True)) is None


@pytest.mark.parametrize(
    ("question", "is_so"),
    [
        (asked("2.2", "2.2", target_spec=Digest("a")), True),
        (asked("2.2", "2.2"), False),
        (asked("2.2", "2.3", target_spec=Digest("a")), False),
    ],
)
def test_nothing_to_do(question: Asked, is_so: bool) -> None:
    assert is_as_asked(question) is is_so


PARALLELISM = Changed("parallelism", "1", "2")


@pytest.mark.parametrize(
    ("lines", "changes", "state", "wanted", "words"),
    [
        (("2.2", "2.2"), (), SAME, "no state effect", "the state is the same"),
        (("2.2", "2.2"), (PARALLELISM,), SAME, "compatible", "distributed anew"),
        (
            ("2.2", "2.2"),
            (),
            StateFacts((ADDED,), is_known=True, is_other_sql=False),
            "compatible",
            "state 's' of operator 'u' is new",
        ),
        (("2.2", "2.3"), (LINE,), SAME, "needs rehearsal", "has to read what Flink 2.2"),
        (("2.3", "2.2"), (LINE,), SAME, "needs rehearsal", "back to an older line"),
        (("1.20", "2.2"), (LINE,), SAME, "needs rehearsal", "from 1.x to 2.x"),
        (
            ("2.2", "2.2"),
            (),
            StateFacts((), is_known=False, is_other_sql=False),
            "needs rehearsal",
            "was not recorded",
        ),
        (
            ("2.2", "2.3"),
            (LINE,),
            StateFacts((ADDED, GONE), is_known=True, is_other_sql=False),
            "incompatible",
            "state 's' of operator 'u' is gone",
        ),
        (
            ("2.2", "2.3"),
            (LINE,),
            StateFacts((), is_known=True, is_other_sql=True),
            "incompatible",
            "the SQL has changed",
        ),
        (("2.2", "1.20"), (LINE,), SAME, "incompatible", "cannot read a savepoint"),
    ],
)
def test_class_of_change(
    lines: tuple[str, str],
    changes: tuple[Changed, ...],
    state: StateFacts,
    wanted: str,
    words: str,
) -> None:
    found = class_of_change(*lines, changes, state)
    assert found.change_class == wanted
    assert words in found.reason


@pytest.mark.parametrize(
    ("lines", "rehearse", "approval", "wanted"),
    [
        (("2.2", "2.3"), True, True, (True, True)),
        (("2.2", "2.3"), True, False, (True, False)),
        (("2.2", "2.3"), False, False, (False, False)),
        (("1.20", "2.2"), False, False, (True, True)),
    ],
)
def test_what_has_to_come_before(
    lines: tuple[str, str], rehearse: bool, approval: bool, wanted: tuple[bool, bool]
) -> None:
    policy = Policy(rehearse, approval, timedelta(minutes=1))
    way = WayOfCutOver("stop and restore", "as was asked for")
    decision = decide(*lines, Classified("needs rehearsal", ""), policy, way)
    assert (decision.rehearse, decision.approval) == wanted
    written = decision_as_json(decision)
    assert written["way"] == "stop and restore"
    assert all(written[name] for name in ("way_reason", "rehearse_reason", "approval_reason"))


def version(**changes: Any) -> Version:
    same: dict[str, Any] = {
        "line": "2.2",
        "plan_digest": Digest("plan"),
        "code": Digest("code"),
        "parallelism": 1,
        "configuration": {"parallelism.default": "1", "x": "1"},
        "tables": {"t": "CREATE"},
    }
    return Version(**{**same, **changes})


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        (version(), []),
        (version(line="2.3"), [("Flink line", "2.2", "2.3")]),
        (version(code=Digest("other")), [("code", "code", "other")]),
        (version(plan_digest=Digest("p2"), code=Digest("c2")), [("SQL", "plan", "p2")]),
        (version(configuration={"parallelism.default": "2", "x": "1"}), []),
        (version(parallelism=2), [("parallelism", "1", "2")]),
        (version(configuration={"parallelism.default": "1"}), [("x", "1", "")]),
        (
            version(tables={"t": "OTHER"}),
            [("table t", "as it was", "with other columns or options")],
        ),
        (version(tables={}), [("table t", "as it was", "")]),
    ],
)
def test_changes(after: Version, wanted: list[tuple[str, str, str]]) -> None:
    found = changes_between(version(), after)
    assert [(one.what, one.before, one.after) for one in found] == wanted


def past(state: Any, *, failed: bool, line: str = "2.3", spec: str = "b") -> PastUpgrade:
    return PastUpgrade(Digest(spec), line, NOON, state, failed, "why")


@pytest.mark.parametrize(
    ("earlier", "is_known"),
    [
        ([], False),
        ([past("rolled_back", failed=True)], True),
        ([past("failed", failed=True)], True),
        ([past("failed", failed=False)], False),
        ([past("failed", failed=False), past("rolled_back", failed=True)], True),
        ([past("succeeded", failed=False), past("rolled_back", failed=True)], False),
        ([past("rolled_back", failed=True, line="2.4")], False),
        ([past("rolled_back", failed=True, spec="c")], False),
    ],
)
def test_tried_before(earlier: list[PastUpgrade], is_known: bool) -> None:
    assert (tried_before(earlier, Digest("b"), "2.3") is not None) is is_known
