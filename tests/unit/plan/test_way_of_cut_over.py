"""Which of the two ways an upgrade takes, and why."""

from dataclasses import replace

import pytest
from headgate.plan.way_of_cut_over import GateFacts, way_of_cut_over, why_no_hand_over

GATED = GateFacts(
    wanted=None, ungated={}, runs_with_gates=True, changes_state=False, changes_code=False
)


def test_results_with_bounds_are_handed_over() -> None:
    assert way_of_cut_over(GATED).way == "hand-over"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GATED, wanted="stop and restore"), "as was asked for"),
        (replace(GATED, ungated={"out": "no bound", "also": "late"}), "also: late; out: no bound"),
        (replace(GATED, runs_with_gates=False), "without gates"),
        (replace(GATED, changes_state=True), "other state"),
        (replace(GATED, changes_code=True), "the code changes"),
    ],
)
def test_everything_else_is_stopped_and_restored(facts: GateFacts, reason: str) -> None:
    found = way_of_cut_over(facts)
    assert found.way == "stop and restore"
    assert reason in found.reason


def test_a_hand_over_that_is_asked_for_and_cannot_be_has_a_reason() -> None:
    facts = replace(GATED, wanted="hand-over", runs_with_gates=False)
    assert way_of_cut_over(facts).way == "stop and restore"
    assert why_no_hand_over(facts)
