"""How simulated time passes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Pace:
    """Event time that begins in the past and runs until it has caught up with the wall clock."""

    began: datetime
    """Wall clock at the beginning."""
    since: timedelta
    """How far event time is behind at the beginning."""
    speed: float
    """Seconds of event time per second, until it has caught up; from then on, one."""

    @property
    def start(self) -> datetime:
        """Event time at the beginning."""
        return self.began - self.since

    def event_time(self, wall: datetime) -> datetime:
        """The event time that has come at `wall`; never later than `wall`, as Kafka demands."""
        return min(wall, self.start + (wall - self.began) * self.speed)


SILENCE = timedelta(seconds=35)
"""Between two runs of a fleet: longer than the gap that ends a session."""


def continuing(pace: Pace, newest: int | None) -> Pace:
    """The pace, begun after the newest reading (epoch ms) that the topic already holds.

    Readings that begin before it would all be late.
    """
    if newest is None:
        return pace
    earliest = datetime.fromtimestamp(newest / 1000, UTC) + SILENCE
    return replace(pace, since=min(pace.since, pace.began - earliest))
