"""Plain dataclasses as typed records: what crosses between the JVM and Python, and back.

A field is annotated `str`, `int`, `float`, `bool`, `bytes` or `datetime`, or one of these `| None`.
Everything has a type of Flink's own, so nothing is pickled into state or between operators.
A `datetime` is in UTC and travels as epoch milliseconds, because PyFlink has no type that both
sides hold for SQL's TIMESTAMP(3).
"""

import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
KINDS = (str, int, float, bool, bytes, datetime)


@dataclass(frozen=True)
class Field:
    """One field of a record: its name and the Python type of its values."""

    name: str
    kind: type


def fields_of(record: type) -> tuple[Field, ...]:
    """The fields of a dataclass. Raises TypeError, with all that is wrong with them."""
    if not is_dataclass(record):
        raise TypeError(f"{record.__name__} must be a dataclass")
    hints = get_type_hints(record)
    found = [Field(field.name, _kind(hints[field.name])) for field in fields(record)]
    wrong = [field.name for field in found if field.kind not in KINDS]
    if wrong:
        allowed = ", ".join(kind.__name__ for kind in KINDS)
        raise TypeError(f"{record.__name__}: {', '.join(wrong)}: only {allowed} are possible")
    return tuple(found)


def encoder(record: Sequence[Field]) -> Callable[[Any], list[Any]]:
    """A function from a record to its values on the wire."""
    names = [field.name for field in record]
    times = [index for index, field in enumerate(record) if field.kind is datetime]

    def encode(value: object) -> list[Any]:
        values = [getattr(value, name) for name in names]
        for index in times:
            if values[index] is not None:
                values[index] = to_millis(values[index])
        return values

    return encode


def decoder(kind: type[Record], record: Sequence[Field]) -> Callable[[Sequence[Any]], Record]:
    """A function from values on the wire to a record."""
    times = [index for index, field in enumerate(record) if field.kind is datetime]

    def decode(wire: Sequence[Any]) -> Record:
        values = list(wire)
        for index in times:
            if values[index] is not None:
                values[index] = from_millis(values[index])
        return kind(*values)

    return decode


def to_millis(time: datetime) -> int:
    """Epoch milliseconds of an aware time."""
    return (time - _EPOCH) // _MILLISECOND


def from_millis(millis: int) -> datetime:
    """The UTC time of epoch milliseconds."""
    return _EPOCH + millis * _MILLISECOND


def _kind(annotation: object) -> Any:  # noqa: ANN401 - a type, or what is no type
    if get_origin(annotation) in (Union, types.UnionType):
        others = [kind for kind in get_args(annotation) if kind is not type(None)]
        return others[0] if len(others) == 1 else annotation
    return annotation
