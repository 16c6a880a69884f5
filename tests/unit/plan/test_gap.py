"""The gap between two results, and what is expected of the next one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.plan.gap import SwitchTimes, expected_gap, gap_of, phases_of, times_as_json

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


WHOLE = SwitchTimes(at(0), at(0.2), at(0.3), at(1), at(1.1), at(1.5), at(1.7))


def test_gap_is_from_the_last_savepoint_to_the_first_checkpoint() -> None:
    assert gap_of(WHOLE) == timedelta(seconds=1.5)
    assert gap_of(replace(WHOLE, first_checkpoint_at=None)) is None
    assert gap_of(replace(WHOLE, saved_at=None)) is None


def test_phases_follow_each_other_without_a_hole() -> None:
    phases = phases_of(WHOLE)
    assert [phase.name for phase in phases] == [
        "stop and savepoint",
        "record and verify",
        "submission and driver",
        "plan and schedule",
        "restore",
        "first checkpoint and commit",
    ]
    assert sum((phase.took for phase in phases), timedelta(0)) == timedelta(seconds=1.7)


def test_phase_without_its_moment_is_part_of_the_one_before() -> None:
    phases = phases_of(replace(WHOLE, started_at=None, restored_at=None))
    assert [phase.took.total_seconds() for phase in phases] == pytest.approx([0.2, 0.1, 1.2, 0.2])


def test_clocks_of_two_servers_make_no_negative_phase() -> None:
    assert all(one.took >= timedelta(0) for one in phases_of(replace(WHOLE, started_at=at(0.1))))


@pytest.mark.parametrize(
    ("earlier", "wanted"),
    [([], None), ([2], 2), ([2, 9, 3], 3), ([2, 2, 2, 2, 2, 60, 60, 60, 60, 60, 60], 2)],
)
def test_expected_gap_is_the_median_of_the_latest(earlier: list[int], wanted: int | None) -> None:
    found = expected_gap([timedelta(seconds=one) for one in earlier])
    assert found == (None if wanted is None else timedelta(seconds=wanted))


def test_times_are_written_for_machines() -> None:
    assert times_as_json(replace(WHOLE, saved_at=None))["saved_at"] is None
    assert times_as_json(WHOLE)["stop_asked_at"] == NOON.isoformat()
