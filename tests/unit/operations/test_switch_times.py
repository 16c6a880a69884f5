"""The gap of a switch, read off the steps that the ledger has."""

from datetime import UTC, datetime, timedelta
from typing import Any

from headgate.ids import OperationId
from headgate.ledger.records import StepRecord
from headgate.operations.upgrading.switch_times import switches_of
from headgate.plan.gap import gap_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def step(name: str, began: float, done: float, **evidence: Any) -> StepRecord:
    return StepRecord(OperationId("o"), name, 0, "done", {}, {}, evidence, 1, at(began), at(done))


HEALTHY = {
    "started_at": at(3).isoformat(),
    "restored_at": at(3.1).isoformat(),
    "first_checkpoint_triggered_at": at(4).isoformat(),
    "first_checkpoint_at": at(4.2).isoformat(),
}
STOPPED = {"taken_at": at(1).isoformat(), "duration_ms": 200}


def test_gap_of_a_replacement_or_an_upgrade() -> None:
    for phase in ("", "cut_over."):
        (switch,) = switches_of(
            [
                step("plan", 0, 0),
                step(f"{phase}stop", 0.9, 1.5, **STOPPED),
                step(f"{phase}submit", 2, 3),
                step(f"{phase}healthy", 3, 5, **HEALTHY),
            ]
        )
        assert switch.phase == phase.rstrip(".")
        assert gap_of(switch.times) == timedelta(seconds=3)


def test_upgrade_that_was_rolled_back_has_two_switches() -> None:
    found = switches_of(
        [
            step("rehearse.submit", 0, 1),
            step("cut_over.stop", 1, 2, **STOPPED),
            step("cut_over.submit", 2, 3),
            step("back.cancel", 3, 3.5),
            step("back.submit", 4, 5),
            step("back.healthy", 5, 6, **HEALTHY),
        ]
    )
    assert [one.phase for one in found] == ["cut_over", "back"]
    assert gap_of(found[0].times) is None, "the new version never published"
    assert gap_of(found[1].times) == timedelta(seconds=1.2)


def test_first_deployment_and_stop_have_none() -> None:
    assert switches_of([step("submit", 0, 1), step("healthy", 1, 2, **HEALTHY)]) == ()
    assert switches_of([step("stop", 0, 1, **STOPPED)]) == ()


def test_stop_of_which_flink_told_nothing_counts_from_when_it_was_asked_for() -> None:
    (switch,) = switches_of([step("stop", 0, 1), step("submit", 2, 3)])
    assert switch.times.saved_at == at(0)
