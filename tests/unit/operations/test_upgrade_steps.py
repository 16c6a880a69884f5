"""Which steps an upgrade takes, from the evidence of those before: every way that it can go."""

from collections.abc import Mapping
from typing import Any

import pytest
from headgate.operations.rollback import Rollback
from headgate.operations.upgrade import Upgrade

PLAN: dict[str, Any] = {
    "action": "upgrade",
    "job": "device-minutes",
    "kind": "sql",
    "line": "2.3",
    "stop": "old",
    "dry_run": False,
    "is_only_line": True,
    "deadline_seconds": 60.0,
    "soak_seconds": 60.0,
}
DECIDED = {"rehearse": True, "approval": True, "way": "stop and restore"}
FAILED = {"failed": "it restarts"}
PROVEN = {"verdict": "proven", "reason": ""}
BACK = {
    "exact_way": True,
    "new": "new",
    "pinned": "file:/pinned",
    "deadline_seconds": 60.0,
    "stop_within_seconds": 30.0,
    "job": "device-minutes",
    "line": "2.2",
}
OWN = {"location": "file:/own", "is_own_savepoint": True}
PINNED = {"location": "file:/pinned", "is_own_savepoint": False}
Evidence = Mapping[str, Mapping[str, Any]]

PREPARED = ["plan", "compile", "state", "decide", "stage", "preflight"]
REHEARSED = [
    f"rehearse.{name}"
    for name in ("savepoint", "record_savepoint", "choose", "stage", "submit", "watch")
]
CUT_OVER = [
    f"cut_over.{name}"
    for name in ("preflight", "stop", "record_stop", "verify", "submit", "checkpoint", "healthy")
]
RESTARTED = [f"back.{name}" for name in ("restore", "stage", "submit", "checkpoint", "healthy")]
LAST = [
    f"last.{name}"
    for name in ("plan", "cancel", "restore", "stage", "submit", "checkpoint", "healthy")
]


def names(evidence: Evidence) -> list[str]:
    return [step.name for step in Upgrade().steps(evidence)]


def decided(**changes: Any) -> Evidence:
    return {"plan": PLAN, "decide": {**DECIDED, **changes}}


UNREHEARSED: Evidence = decided(rehearse=False, approval=False)


def rehearsed(**more: Any) -> Evidence:
    return {**decided(), "rehearse.watch": PROVEN, **more}


@pytest.mark.parametrize(
    ("evidence", "wanted"),
    [
        ({}, ["plan"]),
        ({"plan": {**PLAN, "action": "keep"}}, ["plan"]),
        ({"plan": PLAN}, PREPARED),
        ({"plan": {**PLAN, "kind": "python"}}, ["plan", "describe", *PREPARED[2:]]),
        ({"plan": {**PLAN, "dry_run": True}, "decide": DECIDED}, PREPARED),
    ],
)
def test_until_it_is_decided(evidence: Evidence, wanted: list[str]) -> None:
    assert names(evidence) == wanted


def test_without_rehearsal_and_approval() -> None:
    assert names(UNREHEARSED) == [*PREPARED, *CUT_OVER, "watch", "stable"]


def test_approval_comes_after_the_rehearsal_and_before_the_stop() -> None:
    found = names(rehearsed())
    assert found[-10:] == ["approve", *CUT_OVER, "watch", "stable"]
    assert found.index("rehearsal") == found.index("approve") - 1


@pytest.mark.parametrize(
    ("evidence", "wanted"),
    [
        ({**decided(), "rehearse.watch": {"verdict": "broken"}}, ["rehearse.end"]),
        ({**rehearsed(), "plan": {**PLAN, "is_only_line": False}}, ["rehearse.end"]),
        (rehearsed(), ["way_back.savepoint", "rehearse.end", "way_back.choose"]),
        (
            rehearsed(**{"way_back.choose": {"problem": "no slots"}}),
            ["way_back.savepoint", "rehearse.end", "way_back.choose", "way_back.end"],
        ),
        (
            rehearsed(**{"way_back.choose": {"problem": None}, "way_back.submit": FAILED}),
            [
                "way_back.savepoint",
                "rehearse.end",
                "way_back.choose",
                "way_back.stage",
                "way_back.submit",
                "way_back.end",
            ],
        ),
        (
            rehearsed(**{"way_back.choose": {"problem": None}, "way_back.submit": {}}),
            [
                "way_back.savepoint",
                "rehearse.end",
                "way_back.choose",
                "way_back.stage",
                "way_back.submit",
                "way_back.watch",
                "way_back.end",
            ],
        ),
    ],
)
def test_shadow_is_always_ended_and_the_way_back_tried_before_it(
    evidence: Evidence, wanted: list[str]
) -> None:
    found = names(evidence)
    start = len(PREPARED)
    assert found[start : start + 6] == REHEARSED
    assert found[start + 6 : found.index("rehearsal")] == wanted


@pytest.mark.parametrize(
    ("failing", "done"),
    [
        ("cut_over.submit", CUT_OVER[:-2]),
        ("cut_over.healthy", CUT_OVER),
        ("watch", [*CUT_OVER, "watch"]),
    ],
)
def test_failure_after_the_stop_leads_back(failing: str, done: list[str]) -> None:
    evidence = {**UNREHEARSED, failing: FAILED}
    assert names(evidence) == [*PREPARED, *done, "back.plan"]


@pytest.mark.parametrize(
    ("back", "wanted"),
    [
        (
            {"back.plan": {**BACK, "exact_way": False}},
            ["back.plan", "back.cancel", *RESTARTED, "outcome"],
        ),
        (
            {"back.plan": {**BACK, "exact_way": False, "new": None}},
            ["back.plan", *RESTARTED, "outcome"],
        ),
        (
            {"back.plan": BACK, "back.stop": {}, "back.restore": OWN},
            ["back.plan", "back.stop", "back.record_stop", "back.cancel", *RESTARTED, "outcome"],
        ),
        (
            {"back.plan": BACK, "back.stop": FAILED, "back.restore": PINNED},
            ["back.plan", "back.stop", "back.cancel", *RESTARTED, "outcome"],
        ),
        (
            {"back.plan": BACK, "back.stop": {}, "back.restore": OWN, "back.submit": FAILED},
            [
                *["back.plan", "back.stop", "back.record_stop", "back.cancel"],
                *[*RESTARTED[:3], "last.plan"],
            ],
        ),
        (
            {
                "back.plan": BACK,
                "back.stop": {},
                "back.restore": OWN,
                "back.healthy": FAILED,
                "last.plan": {**BACK, "exact_way": False},
            },
            [
                *["back.plan", "back.stop", "back.record_stop", "back.cancel"],
                *[*RESTARTED, *LAST, "outcome"],
            ],
        ),
    ],
)
def test_way_back(back: dict[str, Any], wanted: list[str]) -> None:
    evidence = {**UNREHEARSED, "watch": FAILED, **back}
    assert names(evidence)[len(PREPARED) + len(CUT_OVER) + 1 :] == wanted
    assert [step.name for step in Rollback().steps(back)] == wanted


def test_end_of_an_upgrade_that_went_back() -> None:
    outcome = {
        "exact": True,
        "repeated_from_offsets": {},
        "repeated_to_offsets": {},
        "reason": "",
    }
    end = Upgrade().end({**UNREHEARSED, "watch": FAILED, "outcome": outcome})
    assert end.state == "rolled_back"
    assert "it restarts" in end.reason
    assert "rolled back exactly" in end.reason
    assert end.next_step.endswith("headgate upgrade device-minutes --to 2.3 --again")
    assert Upgrade().end(UNREHEARSED).state == "succeeded"
