"""threshold-breaches: a normal reading directly followed by three above the limit.

MATCH_RECOGNIZE with `PATTERN (NORMAL HIGH1 HIGH2 HIGH3)` and `AFTER MATCH SKIP PAST LAST ROW`: rows
follow each other without one in between, and a fourth high reading belongs to no match.
"""

from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple

from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.compare import Expectation
from headgate.demo.oracle.late_choices import KeyedSamples
from headgate.demo.oracle.outcome import Expected, Group, Row
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.shape import Shape

LIMITS = {"temperature": 80.0, "vibration": 12.0, "pressure": 9.0}
HIGH_READINGS = 3
SHAPE = Shape(
    (
        "device_id",
        "quantity",
        "normal_time",
        "breach_start",
        "breach_confirmed",
        "limit_value",
        "peak_value",
    ),
    identity=5,
)


class _Match(NamedTuple):
    """A normal reading and the high ones after it; without a normal one nothing can match."""

    normal: int | None = None
    highs: tuple[tuple[int, float], ...] = ()


class _BreachMachine(NamedTuple):
    device: str
    quantity: str

    @property
    def start(self) -> _Match:
        return _Match()

    def step(self, match: _Match, time: int, value: float) -> tuple[_Match, Expected | None]:
        limit = LIMITS[self.quantity]
        if value <= limit:
            return _Match(time), None
        if match.normal is None:
            return match, None
        highs = (*match.highs, (time, value))
        if len(highs) < HIGH_READINGS:
            return _Match(match.normal, highs), None
        row = (
            *(self.device, self.quantity, match.normal, highs[0][0], time),
            *(limit, max(value for _, value in highs)),
        )
        return _Match(), Expected(row, time)

    def finish(self, _match: _Match) -> None:
        return None


class ThresholdBreaches:
    """Collects readings; then says what may have been published."""

    def __init__(self) -> None:
        self._samples: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)

    def add(self, reading: Arrival, sample: Sample) -> None:
        """Take the next reading of its partition."""
        quantity = reading[4]
        if quantity in LIMITS:
            self._samples[reading[2], quantity].append(sample)

    def expectation(self) -> Expectation:
        """What may have been published."""
        groups: dict[Hashable, Group] = {
            key: KeyedSamples(SHAPE, _BreachMachine(*key), samples)
            for key, samples in self._samples.items()
        }
        return Expectation(SHAPE, groups, _key_of)


def _key_of(row: Row) -> Hashable:
    return row[:2]
