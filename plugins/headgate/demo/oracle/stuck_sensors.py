"""stuck-sensors: a value that stays within a tolerance of the first while reports go on."""

from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple

from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.compare import Expectation
from headgate.demo.oracle.late_choices import KeyedSamples
from headgate.demo.oracle.outcome import Expected, Group, Row
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.shape import Shape

TIMEOUT = 30_000
TOLERANCE = 0.05
LEAST_READINGS = 10
SHAPE = Shape(
    (
        "device_id",
        "quantity",
        "window_start",
        "window_end",
        "anchor_value",
        "readings",
        "closed_by",
    ),
    identity=3,
)


class _Window(NamedTuple):
    anchor: float
    start: int
    last: int
    readings: int


class _StuckMachine(NamedTuple):
    device: str
    quantity: str

    @property
    def start(self) -> _Window | None:
        return None

    def step(
        self, window: _Window | None, time: int, value: float
    ) -> tuple[_Window, Expected | None]:
        if window is None:
            return _Window(value, time, time, 1), None
        anchor, start, last, readings = window
        in_time = time - last <= TIMEOUT
        if in_time and abs(value - anchor) <= TOLERANCE:
            return _Window(anchor, start, time, readings + 1), None
        return _Window(value, time, time, 1), self._row(window, time if in_time else None)

    def finish(self, window: _Window | None) -> Expected | None:
        return self._row(window, None) if window else None

    def _row(self, window: _Window, moved_at: int | None) -> Expected | None:
        if window.readings < LEAST_READINGS:
            return None
        row = (
            *(self.device, self.quantity, window.start, window.last),
            *(window.anchor, window.readings, "timeout" if moved_at is None else "movement"),
        )
        return Expected(row, window.last + TIMEOUT if moved_at is None else moved_at)


class StuckSensors:
    """Collects readings; then says what may have been published."""

    def __init__(self) -> None:
        self._samples: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)

    def add(self, reading: Arrival, sample: Sample) -> None:
        """Take the next reading of its partition."""
        self._samples[reading[2], reading[4]].append(sample)

    def expectation(self) -> Expectation:
        """What may have been published."""
        groups: dict[Hashable, Group] = {
            key: KeyedSamples(SHAPE, _StuckMachine(*key), samples)
            for key, samples in self._samples.items()
        }
        return Expectation(SHAPE, groups, _key_of)


def _key_of(row: Row) -> Hashable:
    return row[:2]
