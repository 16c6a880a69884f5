"""Time as a thing that is handed in, so that nothing but the edge reads a clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _sleep(duration: timedelta) -> None:
    time.sleep(duration.total_seconds())


@dataclass(frozen=True)
class Clock:
    """Wall clock, monotonic clock and the wait between two looks.

    Deadlines are measured by `monotonic` (seconds), which no adjustment of the wall clock moves.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[timedelta], None] = _sleep


SYSTEM_CLOCK = Clock()
