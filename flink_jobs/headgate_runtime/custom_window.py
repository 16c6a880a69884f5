"""The base of windows that Flink does not have: what opens, extends and closes them is Python.

A window of this kind belongs to one key. It opens at a reading, takes in the readings that follow,
and closes when a reading no longer belongs to it or when none came for `timeout` of event time:

    class Calm(CustomWindow[Reading, Stretch, CalmStretch]):
        name = "calm"
        key = ("device_id",)
        timeout = timedelta(seconds=30)

        def open(self, reading): return Stretch(...)
        def extend(self, window, reading): return Stretch(...) if reading.value < 3 else None
        def close(self, window, cause): return CalmStretch(...)

and in `build(job)`:

    job.write("calm_stretches", job.window("sensor_readings", Calm()))

The three methods are pure functions over plain dataclasses, so a test calls them directly or runs
a whole sequence through `window_steps.run`, without Flink.

What can be relied on:

- Readings of a key come in the order of event time, those of the same time in the order of
  `order`. They come once the watermark has passed the step of the `resolution` that they are in;
  a reading that arrives after that is dropped, and Flink counts it in the metric
  `numLateRecordsDropped`.
- **The JVM keeps time, Python decides.** Timers that a Python worker registers reach Flink as
  mails which a snapshot does not wait for, so a restored job may have a window without its timer
  and never close it (`BeamPythonFunctionRunner`, `drainUnregisteredTimers`). There are none here:
  SQL windows in front of Python wait for the watermark, notice silences and put everything about
  a key in order (see `window_queries`). What Python sees of a key is the same sequence in every
  run, and its only state is the open window.
- The state has typed fields. Changing `name`, `key`, `timeout`, `resolution`, or the names or types
  of the fields of the window or of the reading needs an empty start; a deployment that would
  restore the state of before is refused.
"""

from abc import ABC, abstractmethod
from datetime import timedelta
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

Reading = TypeVar("Reading")
Window = TypeVar("Window")
Result = TypeVar("Result")


class Cause(Enum):
    """Why a window closes."""

    READING = "reading"
    """The next reading, within the time-out, does not belong to the window."""
    TIMEOUT = "timeout"
    """No reading came for longer than the time-out."""


class CustomWindow(ABC, Generic[Reading, Window, Result]):
    """One kind of window. The three types are dataclasses (see `record_types`).

    The fields of `Reading` are columns of the source table, those of `Result` are columns of the
    sink table, all of them.
    """

    name: ClassVar[str]
    """Names the operators and thereby the state: it stays as long as the state is to be kept."""
    key: ClassVar[tuple[str, ...]]
    """Columns of the source, strings or whole numbers; each combination has its own windows."""
    order: ClassVar[tuple[str, ...]] = ()
    """Fields of the reading that order readings of the same time."""
    timeout: ClassVar[timedelta]
    """A reading later than this after the last one does not belong to the window."""
    resolution: ClassVar[timedelta] = timedelta(seconds=1)
    """Step of event time in which readings are handed over, at most the delay that this adds to
    results; larger steps are cheaper. A time-out is noticed late by at most this or a tenth of
    the time-out, whichever is more."""

    @abstractmethod
    def open(self, reading: Reading) -> Window | None:
        """The window that this reading opens, or None if it opens none."""

    @abstractmethod
    def extend(self, window: Window, reading: Reading) -> Window | None:
        """The window with this reading in it, or None if the reading does not belong to it.

        A reading that does not belong closes the window and may open the next one.
        """

    @abstractmethod
    def close(self, window: Window, cause: Cause) -> Result | None:
        """What is published of a window that ends, or None if nothing is."""


def record_types(window: CustomWindow[Any, Any, Any]) -> tuple[type, type, type]:
    """The reading, window and result types that a subclass names in its base."""
    for kind in type(window).__mro__:
        for base in getattr(kind, "__orig_bases__", ()):
            if get_origin(base) is CustomWindow and len(get_args(base)) == 3:  # noqa: PLR2004
                reading, state, result = get_args(base)
                return reading, state, result
    raise TypeError(
        f"{type(window).__name__} must name its types: CustomWindow[Reading, Window, Result]"
    )
