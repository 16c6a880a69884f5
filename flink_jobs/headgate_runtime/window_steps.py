"""What happens to the open window of one key, step by step of time."""

from collections.abc import Callable, Iterable, Sequence
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


def at_step(
    kind: CustomWindow[Reading, Window, Result],
    state: Open[Window] | None,
    readings: Sequence[tuple[int, Reading]],
    until: int,
) -> tuple[Open[Window] | None, list[Result]]:
    """The state after a step of time, and what it makes public.

    `readings` are all readings of the step with their times, in any order; no reading up to
    `until` is missing. Times are epoch milliseconds.
    """
    published: list[Result] = []
    for time, reading in sorted(readings, key=_in_order(kind)):
        state, closed = _at_reading(kind, state, reading, time)
        published += closed
    if state is not None and until - state.last >= _millis(kind.timeout):
        published += _close(kind, state, Cause.TIMEOUT)
        state = None
    return state, published


def _at_reading(
    kind: CustomWindow[Reading, Window, Result],
    state: Open[Window] | None,
    reading: Reading,
    time: int,
) -> tuple[Open[Window] | None, list[Result]]:
    closed: list[Result] = []
    if state is not None:
        in_time = time - state.last <= _millis(kind.timeout)
        extended = kind.extend(state.window, reading) if in_time else None
        if extended is not None:
            return Open(extended, time), closed
        closed = _close(kind, state, Cause.READING if in_time else Cause.TIMEOUT)
    opened = kind.open(reading)
    return (None if opened is None else Open(opened, time)), closed


def _close(
    kind: CustomWindow[Any, Window, Result], state: Open[Window], cause: Cause
) -> list[Result]:
    result = kind.close(state.window, cause)
    return [] if result is None else [result]


def _in_order(kind: CustomWindow[Reading, Any, Any]) -> Callable[[tuple[int, Reading]], Any]:
    def place(timed: tuple[int, Reading]) -> tuple[Any, ...]:
        time, reading = timed
        return (time, *(getattr(reading, field) for field in kind.order))

    return place


def _millis(duration: timedelta) -> int:
    return duration // timedelta(milliseconds=1)


def run(
    kind: CustomWindow[Reading, Any, Result],
    readings: Iterable[tuple[datetime, Reading]],
    until: datetime,
) -> list[Result]:
    """The results of one key's readings by the time that the watermark reaches `until`.

    For tests of a window without Flink; the readings may be in any order.
    """
    timed = [(to_millis(time), reading) for time, reading in readings]
    return at_step(kind, None, timed, to_millis(until))[1]
