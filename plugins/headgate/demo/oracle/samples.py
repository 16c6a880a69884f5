"""Readings of one key in little memory: four numbers each."""

from array import array
from typing import NamedTuple


class Sample(NamedTuple):
    """One reading; sorts by time, then sequence, as the jobs do."""

    time: int
    sequence: int
    value: float
    bound: int
    """What the watermark was at most when the reading arrived."""


class Samples:
    """Readings in order of arrival, in columns: 32 bytes each instead of some 200."""

    __slots__ = ("_bounds", "_sequences", "_times", "_values")

    def __init__(self) -> None:
        self._times = array("q")
        self._sequences = array("q")
        self._values = array("d")
        self._bounds = array("q")

    def append(self, time: int, sequence: int, value: float, bound: int) -> None:
        """Add the next reading that arrived."""
        self._times.append(time)
        self._sequences.append(sequence)
        self._values.append(value)
        self._bounds.append(bound)

    def in_order_of_arrival(self) -> list[Sample]:
        """The readings as they came."""
        return list(map(Sample, self._times, self._sequences, self._values, self._bounds))
