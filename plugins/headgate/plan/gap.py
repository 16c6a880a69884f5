"""The gap in a job's results while one Flink job takes the place of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

_REMEMBERED = 5


@dataclass(frozen=True)
class SwitchTimes:
    """When things happened, as Flink and the ledger have them; None where it is not known.

    Results become visible with a completed checkpoint, and with the savepoint of a stop: so the
    gap is from `saved_at` to `first_checkpoint_at`.
    """

    stop_asked_at: datetime
    saved_at: datetime | None
    """When the last savepoint of the job before was complete."""
    submit_asked_at: datetime | None
    started_at: datetime | None
    """When Flink made the new job."""
    restored_at: datetime | None
    first_checkpoint_triggered_at: datetime | None
    first_checkpoint_at: datetime | None


@dataclass(frozen=True)
class Phase:
    """A part of the gap."""

    name: str
    began_at: datetime
    took: timedelta


def gap_of(times: SwitchTimes) -> timedelta | None:
    """From the last result before to the first one after; None where Flink did not tell."""
    if times.saved_at is None or times.first_checkpoint_at is None:
        return None
    return times.first_checkpoint_at - times.saved_at


def phases_of(times: SwitchTimes) -> tuple[Phase, ...]:
    """The gap from phase to phase, those left out of which a moment is not known."""
    moments = (
        ("stop and savepoint", times.stop_asked_at),
        ("record and verify", times.saved_at),
        ("submission and driver", times.submit_asked_at),
        ("plan and schedule", times.started_at),
        ("restore", times.restored_at),
        ("first checkpoint and commit", times.first_checkpoint_triggered_at),
        ("", times.first_checkpoint_at),
    )
    known = [(name, at) for name, at in moments if at is not None]
    return tuple(
        Phase(name, at, max(timedelta(0), known[position + 1][1] - at))
        for position, (name, at) in enumerate(known[:-1])
    )


def expected_gap(earlier: Sequence[timedelta]) -> timedelta | None:
    """From the gaps of this job's own history, the latest first; None without any."""
    if not earlier:
        return None
    seconds = [one.total_seconds() for one in earlier[:_REMEMBERED]]
    return timedelta(seconds=median(seconds))


def times_as_json(times: SwitchTimes) -> dict[str, Any]:
    """For machines: ISO 8601."""
    return {name: at.isoformat() if at else None for name, at in vars(times).items()}
