"""class-trends: two minutes per device class and quantity, every thirty seconds (HOP).

Flink decides for each of the four windows of a reading on its own: it is in every window whose
last millisecond the watermark has not reached. The readings of a class come from all partitions;
of each partition those stragglers of a window were accepted that arrived first.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import isclose
from typing import NamedTuple

from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.compare import Expectation
from headgate.demo.oracle.outcome import Closed, Expected, Group, Outcome, Row
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.shape import Shape

SLIDE = 30_000
SIZE = 120_000
SHAPE = Shape(
    (
        "device_class",
        "quantity",
        "window_start",
        "window_end",
        "readings",
        "devices",
        "min_value",
        "max_value",
        "avg_value",
    ),
    identity=4,
)
_MOST_COMBINATIONS = 200_000
_Pane = tuple[str, str, int]
"""Device class, quantity and end of one slide."""


@dataclass(slots=True)
class _Sums:
    """Aggregates of some readings. `least` and `greatest` of none are infinite."""

    readings: int = 0
    total: float = 0.0
    least: float = float("inf")
    greatest: float = float("-inf")
    devices: set[str] = field(default_factory=set)

    def add(self, value: float, device: str) -> None:
        self.readings += 1
        self.total += value
        if value < self.least:  # noqa: PLR1730 - min() costs three times as much
            self.least = value
        if value > self.greatest:  # noqa: PLR1730
            self.greatest = value
        self.devices.add(device)

    def merge(self, other: "_Sums") -> None:
        self.readings += other.readings
        self.total += other.total
        self.least = min(self.least, other.least)
        self.greatest = max(self.greatest, other.greatest)
        self.devices |= other.devices

    def copy(self) -> "_Sums":
        twin = _Sums()
        twin.merge(self)
        return twin


class _Behind(NamedTuple):
    """A reading behind the bound of the first of its four windows."""

    partition: int
    offset: int
    bound: int
    value: float
    device: str


class ClassTrends:
    """Collects readings by panes of one slide; then says what may have been published."""

    def __init__(self) -> None:
        self._panes: dict[_Pane, _Sums] = {}
        self._behind: defaultdict[_Pane, list[_Behind]] = defaultdict(list)

    def add(self, reading: Arrival, sample: Sample) -> None:
        """Take the next reading of its partition."""
        partition, offset, device, kind, quantity, value, time, _ = reading
        end = time - time % SLIDE + SLIDE
        key = (kind, quantity, end)
        bound = sample.bound
        if bound >= end - 1:
            self._behind[key].append(_Behind(partition, offset, bound, value, device))
            return
        pane = self._panes.get(key)
        if pane is None:
            pane = self._panes[key] = _Sums()
        pane.add(value, device)

    def expectation(self) -> Expectation:
        """What may have been published."""
        ends = {
            (kind, quantity, end + later)
            for kind, quantity, end in (*self._panes, *self._behind)
            for later in range(0, SIZE, SLIDE)
        }
        windows: dict[Hashable, Group] = {
            (kind, quantity, end - SIZE, end): self._window(kind, quantity, end)
            for kind, quantity, end in ends
        }
        return Expectation(SHAPE, windows, SHAPE.identity_of)

    def _window(self, kind: str, quantity: str, end: int) -> "_Window":
        sums = _Sums()
        behind: list[_Behind] = []
        for pane_end in range(end - SIZE + SLIDE, end + 1, SLIDE):
            pane = self._panes.get((kind, quantity, pane_end))
            if pane is not None:
                sums.merge(pane)
            behind += self._behind.get((kind, quantity, pane_end), ())
        stragglers: defaultdict[int, list[_Behind]] = defaultdict(list)
        for reading in sorted(behind):  # by partition, then in order of arrival
            if reading.bound < end - 1:
                sums.add(reading.value, reading.device)
            else:
                stragglers[reading.partition].append(reading)
        return _Window(kind, quantity, end, sums, tuple(stragglers.values()))


@dataclass(frozen=True)
class _Window:
    kind: str
    quantity: str
    end: int
    sums: _Sums
    stragglers: tuple[list[_Behind], ...]
    """Stragglers of each partition in order of arrival."""

    def outcomes(self, published: Sequence[Row], _closed: Closed) -> Iterator[Outcome]:
        yield Outcome((self._expected(self.sums),) if self.sums.readings else (), 0)
        for row in published:
            readings, mean = row[4], row[8]
            assert isinstance(readings, int)  # noqa: S101 - long by the schema
            assert isinstance(mean, float)  # noqa: S101 - double by the schema
            accepted = readings - self.sums.readings
            total = mean * readings - self.sums.total
            for parts in islice(self._prefixes(accepted, total), _MOST_COMBINATIONS):
                sums = self.sums.copy()
                for part in parts:
                    for reading in part:
                        sums.add(reading.value, reading.device)
                yield Outcome((self._expected(sums),), accepted)

    def _prefixes(self, accepted: int, total: float) -> Iterator[tuple[list[_Behind], ...]]:
        """Prefixes of the partitions' stragglers, `accepted` long together, that sum to `total`."""
        lengths = [range(len(part) + 1) for part in self.stragglers[:-1]]
        tolerance = 1e-6 * (1 + abs(total) + abs(self.sums.total))
        for combination in islice(product(*lengths), _MOST_COMBINATIONS):
            rest = accepted - sum(combination)
            if not self.stragglers or not 0 <= rest <= len(self.stragglers[-1]):
                continue
            parts = tuple(
                part[:length]
                for part, length in zip(self.stragglers, (*combination, rest), strict=True)
            )
            found = sum(reading.value for part in parts for reading in part)
            if isclose(found, total, abs_tol=tolerance):
                yield parts

    def _expected(self, sums: _Sums) -> Expected:
        row = (
            *(self.kind, self.quantity, self.end - SIZE, self.end),
            *(sums.readings, len(sums.devices), sums.least, sums.greatest),
            sums.total / sums.readings,
        )
        return Expected(row, self.end - 1)
