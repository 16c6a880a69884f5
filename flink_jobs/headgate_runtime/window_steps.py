"""What happens to the open window of one key at each reading and each silence."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic

from headgate_runtime.custom_window import Cause, CustomWindow, Reading, Result, Window
from headgate_runtime.record_types import to_millis


@dataclass(frozen=True)
class Open(Generic[Window]):
    """An open window and the epoch milliseconds of its last reading."""

    window: Window
    last: int


def at_reading(
    kind: CustomWindow[Reading, Window, Result],
    state: Open[Window] | None,
    reading: Reading,
    time: int,
) -> tuple[Open[Window] | None, Result | None]:
    """The state after a reading at `time` (epoch milliseconds), and what it makes public."""
    result = None
    if state is not None:
        in_time = time - state.last <= _millis(kind.timeout)
        extended = kind.extend(state.window, reading) if in_time else None
        if extended is not None:
            return Open(extended, time), None
        result = kind.close(state.window, Cause.READING if in_time else Cause.TIMEOUT)
    opened = kind.open(reading)
    return (None if opened is None else Open(opened, time)), result


def at_silence(
    kind: CustomWindow[Any, Window, Result], state: Open[Window] | None, time: int
) -> tuple[Open[Window] | None, Result | None]:
    """The state after it is known that no reading up to `time` (epoch milliseconds) is missing."""
    if state is None or time - state.last < _millis(kind.timeout):
        return state, None
    return None, kind.close(state.window, Cause.TIMEOUT)


def run(
    kind: CustomWindow[Reading, Any, Result],
    readings: Iterable[tuple[datetime, Reading]],
    until: datetime | None = None,
) -> Iterator[Result]:
    """The results of one key's readings, in event-time order, with a watermark that goes to
    `until` in the end. For tests of a window without Flink."""
    state: Open[Any] | None = None
    for time, reading in readings:
        state, result = at_reading(kind, state, reading, to_millis(time))
        if result is not None:
            yield result
    if until is not None:
        state, result = at_silence(kind, state, to_millis(until))
        if result is not None:
            yield result


def _millis(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)
