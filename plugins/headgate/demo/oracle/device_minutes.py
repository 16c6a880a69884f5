"""device-minutes: a tumbling minute per device, class and quantity.

Flink drops a reading when the watermark is at or past the last millisecond of its window. The
readings of a device lie in one partition and the watermark only rises, so the stragglers of one
window that were accepted are those that arrived first.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.compare import Expectation
from headgate.demo.oracle.outcome import Closed, Expected, Group, Outcome, Row
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.shape import Shape

MINUTE = 60_000
SHAPE = Shape(
    (
        "device_id",
        "device_class",
        "quantity",
        "window_start",
        "window_end",
        "readings",
        "min_value",
        "max_value",
        "avg_value",
        "first_reading",
        "last_reading",
    ),
    identity=5,
)
_Key = tuple[str, str, str, int]


class _Sums:
    """Running aggregates of one window."""

    __slots__ = ("first", "greatest", "last", "least", "readings", "total")

    def __init__(self, value: float, time: int) -> None:
        self.readings = 1
        self.least = self.greatest = self.total = value
        self.first = self.last = time

    def add(self, value: float, time: int) -> None:
        self.readings += 1
        self.total += value
        if value < self.least:
            self.least = value
        elif value > self.greatest:
            self.greatest = value
        if time < self.first:
            self.first = time
        elif time > self.last:
            self.last = time

    def copy(self) -> "_Sums":
        twin = _Sums(self.total, self.first)
        twin.readings, twin.last = self.readings, self.last
        twin.least, twin.greatest = self.least, self.greatest
        return twin


class DeviceMinutes:
    """Collects readings; then says what may have been published."""

    def __init__(self) -> None:
        self._sums: dict[_Key, _Sums] = {}
        self._stragglers: dict[_Key, list[tuple[float, int]]] = {}

    def add(self, reading: Arrival, sample: Sample) -> None:
        """Take the next reading of its partition."""
        _, _, device, kind, quantity, value, time, _ = reading
        end = time - time % MINUTE + MINUTE
        key = (device, kind, quantity, end)
        if sample.bound >= end - 1:
            self._stragglers.setdefault(key, []).append((value, time))
            return
        sums = self._sums.get(key)
        if sums is None:
            self._sums[key] = _Sums(value, time)
        else:
            sums.add(value, time)

    def expectation(self) -> Expectation:
        """What may have been published."""
        keys = self._sums.keys() | self._stragglers.keys()
        windows: dict[Hashable, Group] = {
            (device, kind, quantity, end - MINUTE, end): _Window(
                (device, kind, quantity, end),
                self._sums.get((device, kind, quantity, end)),
                self._stragglers.get((device, kind, quantity, end), []),
            )
            for device, kind, quantity, end in keys
        }
        return Expectation(SHAPE, windows, SHAPE.identity_of)


@dataclass(frozen=True)
class _Window:
    key: _Key
    sums: _Sums | None
    stragglers: list[tuple[float, int]]

    def outcomes(self, _published: Sequence[Row], _closed: Closed) -> Iterator[Outcome]:
        sums = self.sums
        yield Outcome((self._expected(sums),) if sums else (), 0)
        for accepted, (value, time) in enumerate(self.stragglers, start=1):
            if sums is None:
                sums = _Sums(value, time)
            else:
                sums = sums.copy()
                sums.add(value, time)
            yield Outcome((self._expected(sums),), accepted)

    def _expected(self, sums: _Sums) -> Expected:
        device, kind, quantity, end = self.key
        row = (
            *(device, kind, quantity, end - MINUTE, end, sums.readings),
            *(sums.least, sums.greatest, sums.total / sums.readings, sums.first, sums.last),
        )
        return Expected(row, end - 1)
