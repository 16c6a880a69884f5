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
    "is_handed_over": False,
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
    f"cut_over.{name}" for name in ("preflight", "stop", "record_stop", "verify", "submit")
] + [f"cut_over.{name}" for name in ("checkpoint", "restored", "healthy")]
STARTED = ("restore", "stage", "submit", "checkpoint", "restored", "healthy")
RESTARTED = [f"back.{name}" for name in STARTED]
LAST = [f"last.{name}" for name in ("plan", "cancel", *STARTED)]


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
    assert found[-11:] == ["approve", *CUT_OVER, "watch", "stable"]
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
        ("cut_over.submit", CUT_OVER[:-3]),
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
    other_way = {"hand_back.plan": {"action": "none"}, **back}
    assert [step.name for step in Rollback().steps(other_way)] == ["hand_back.plan", *wanted]


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


HANDED_OVER: Evidence = decided(rehearse=False, approval=False, way="hand-over")
BESIDE = [
    f"cut_over.{name}"
    for name in (
        *("preflight", "savepoint", "record_savepoint", "stage", "state"),
        *("submit", "caught_up", "agree"),
    )
]
PASSED = [f"cut_over.{name}" for name in ("record_second", "pass", "stop", "record_stop")]
CALLED_OFF = ["cut_over.open_first", "cut_over.remove_second"]


def test_hand_over_stops_the_first_job_when_the_instant_has_passed() -> None:
    wanted = [*PREPARED, *BESIDE, *PASSED, "cut_over.keep_plan", "watch", "stable"]
    assert names(HANDED_OVER) == wanted


@pytest.mark.parametrize("failing", ["submit", "caught_up", "agree"])
def test_hand_over_that_fails_before_anything_is_split_is_called_off(failing: str) -> None:
    evidence = {**HANDED_OVER, f"cut_over.{failing}": FAILED}
    begun = BESIDE[: BESIDE.index(f"cut_over.{failing}") + 1]
    assert names(evidence) == [*PREPARED, *begun, *CALLED_OFF]
    end = Upgrade().end({**evidence, "plan": {**PLAN, "from_line": "2.2"}})
    assert end.state == "failed"
    assert "it restarts" in end.reason
    assert "publishes as before" in end.reason


def test_hand_over_that_fails_when_results_are_split_ends_the_first_job_and_goes_back() -> None:
    evidence = {**HANDED_OVER, "cut_over.agree": {**FAILED, "instant": 1000}}
    assert names(evidence) == [*PREPARED, *BESIDE, *PASSED, "cut_over.keep_plan"]
    done = {name: {} for name in names(evidence)}
    found = names({**done, **evidence})
    assert found == [*PREPARED, *BESIDE, *PASSED, "cut_over.keep_plan", "back.plan"]


def test_first_job_that_is_lost_before_the_instant_has_passed_is_surely_ended() -> None:
    evidence = {**HANDED_OVER, "cut_over.agree": {"instant": 1000}, "cut_over.pass": FAILED}
    ended = ["cut_over.cancel", "cut_over.record_end", "cut_over.keep_plan"]
    assert names(evidence) == [*PREPARED, *BESIDE, *PASSED[:2], *ended]


def test_rollback_hands_over_again_and_goes_back_by_a_restart_where_that_is_called_off() -> None:
    planned = {"hand_back.plan": {**PLAN, "action": "hand-over"}}
    found = [step.name for step in Rollback().steps(planned)]
    beside = [name.replace("cut_over", "hand_back") for name in BESIDE[1:]]
    passed = [name.replace("cut_over", "hand_back") for name in PASSED]
    assert found == ["hand_back.plan", *beside, *passed, "hand_back.keep_plan", "outcome"]
    failed = {**planned, "hand_back.caught_up": FAILED}
    called_off = [step.name for step in Rollback().steps(failed)]
    assert called_off[-2:] == ["hand_back.open_first", "hand_back.remove_second"]
    done = {**{name: {} for name in called_off}, **failed}
    assert [step.name for step in Rollback().steps(done)] == [*called_off, "back.plan"]
