"""The fields of a job's results, and what makes two of them the same result."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from typing import Any

from headgate.demo.oracle.outcome import Row

_TOLERANCE = 1e-9  # sums taken in another order differ by rounding


@dataclass(frozen=True)
class Shape:
    """The fields in order; the first `identity` of them name the window."""

    fields: tuple[str, ...]
    identity: int

    def row_of(self, record: Mapping[str, Any]) -> Row | None:
        """The decoded record as a row; None where a field is missing or null."""
        row = tuple(_plain(record.get(field)) for field in self.fields)
        return None if None in row else row

    def identity_of(self, row: Row) -> Row:
        """Key fields and window of the row."""
        return row[: self.identity]


def same(row: Row, other: Row) -> bool:
    """Whether the rows are equal but for the rounding of floating-point sums."""
    return len(row) == len(other) and all(
        one == two
        or (
            isinstance(one, float)
            and isinstance(two, int | float)
            and isclose(one, two, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
        )
        for one, two in zip(row, other, strict=True)
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever the decoder returns
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value
