"""Whether a scheduled savepoint of a job is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter

from headgate.spec.job import SavepointPolicy

DEFAULT_EVERY = timedelta(hours=6)
"""Where a job's policy names neither an interval nor a cron expression."""


@dataclass(frozen=True)
class Due:
    """A savepoint is due since `since`; occurrences missed before it are not made up for."""

    since: datetime


@dataclass(frozen=True)
class NotDue:
    """The next savepoint is due at `until`."""

    until: datetime


def savepoint_due(policy: SavepointPolicy, last: datetime, now: datetime) -> Due | NotDue:
    """Decide from when the last savepoint was taken, or the job began where there is none.

    A wall clock that was set back makes nothing due early. One that was set forward, or a
    scheduler that slept, makes one savepoint due, not one for each occurrence that was missed.
    """
    if policy.cron is not None:
        latest = _latest_occurrence(policy.cron, now)
        if latest is not None and last < latest:
            return Due(latest)
        return NotDue(croniter(policy.cron, now).get_next(datetime))
    at = last + (policy.every or DEFAULT_EVERY)
    return Due(at) if at <= now else NotDue(at)


def _latest_occurrence(cron: str, now: datetime) -> datetime | None:
    """The latest occurrence that is not after `now`; croniter's `get_prev` leaves `now` out."""
    occurrence: datetime = croniter(cron, now + timedelta(microseconds=1)).get_prev(datetime)
    return occurrence if occurrence <= now else None
