"""How simulated time passes."""

from dataclasses import dataclass
from datetime import datetime, timedelta


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
