"""What a group of published rows may look like."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Row = tuple[str | int | float, ...]
"""A published record, its fields in the order of the job's shape; times in epoch milliseconds."""


class Expected(NamedTuple):
    """A row and the least watermark at which it is published."""

    row: Row
    closes_at: int


class Outcome(NamedTuple):
    """The rows of one group that one legal run of the job publishes."""

    rows: tuple[Expected, ...]
    late_accepted: int
    """Stragglers that this run did not drop though it might have."""


@dataclass(frozen=True)
class Closed:
    """Watermarks between which publication is a matter of time."""

    surely: int
    """Every job has passed this watermark: what closes by it must have been published."""
    possibly: int
    """No job can have passed this one: what closes later cannot have been published."""


class Group(Protocol):
    """Rows that depend on the same readings: one window, or a stretch of one device."""

    def outcomes(self, published: Sequence[Row], closed: Closed) -> Iterator[Outcome]:
        """Legal outcomes, first the one of a run that drops every straggler it may drop.

        The others may be limited to those that can explain `published`.
        """
        ...
