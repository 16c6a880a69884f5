"""From text (a CSV cell) or JSON to a value of an Avro type.

Every converter raises ValueError saying what it expected. Times: ISO 8601, UTC where no offset is
given, or epoch milliseconds; what is finer than the type is cut off.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

Convert = Callable[[Any], Any]
Parsed = TypeVar("Parsed")

_WHOLE = re.compile(r"[+-]?\d+\Z")
_RANGES = {"int": 32, "long": 64}
_UNITS = {"millis": 1_000, "micros": 1_000_000}


def converter(  # noqa: PLR0911 - one line per kind of type
    schema: Any,  # noqa: ANN401 - any schema
    named: Mapping[str, Any],
) -> Convert:
    """The converter for a type. Raises ValueError for types that a cell cannot hold.

    `named` holds the enums of the whole schema by name.
    """
    if isinstance(schema, list):
        return _union([part for part in schema if part != "null"], "null" in schema, named)
    if isinstance(schema, dict):
        kind, logical = schema["type"], schema.get("logicalType")
        if isinstance(kind, dict | list):
            return converter(kind, named)
        if kind == "enum":
            return _symbol(schema["symbols"])
        if logical in _LOGICAL:
            return _LOGICAL[logical]
        return converter(kind, named)
    if schema in named:
        return converter(named[schema], named)
    if schema not in _PRIMITIVES:
        raise ValueError(f"a value of type {schema} cannot be read from a file of rows")
    return _PRIMITIVES[schema]


def enums_of(schema: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a schema
    """All enums of a schema by name, so that a later field can refer to an earlier one."""
    found: dict[str, Any] = {}
    if isinstance(schema, list):
        for part in schema:
            found |= enums_of(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "enum":
            found[schema["name"]] = schema
            if "namespace" in schema:
                found[f"{schema['namespace']}.{schema['name']}"] = schema
        for part in (schema.get("type"), *schema.get("fields", ())):
            if isinstance(part, dict | list):
                found |= enums_of(part)
    return found


def _union(parts: list[Any], nullable: bool, named: Mapping[str, Any]) -> Convert:  # noqa: FBT001
    converters = [converter(part, named) for part in parts]

    def convert(value: Any) -> Any:  # noqa: ANN401
        if nullable and (value is None or value == ""):
            return None
        problems = []
        for attempt in converters:
            try:
                return attempt(value)
            except ValueError as problem:
                problems.append(str(problem))
        raise ValueError(" and ".join(problems) or "must be empty")

    return convert


def _symbol(symbols: list[str]) -> Convert:
    def convert(value: Any) -> str:  # noqa: ANN401
        if value not in symbols:
            raise ValueError(f"{_shown(value)} is not one of {', '.join(symbols)}")
        return str(value)

    return convert


def _string(value: Any) -> str:  # noqa: ANN401
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not text")  # noqa: TRY004
    return value


def _bytes(value: Any) -> bytes:  # noqa: ANN401
    return _string(value).encode()


def _boolean(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"{_shown(value)} is neither true nor false")


def _integer(kind: str) -> Convert:
    limit = 1 << (_RANGES[kind] - 1)

    def convert(value: Any) -> int:  # noqa: ANN401
        number = _whole(value)
        if number is None:
            raise ValueError(f"{_shown(value)} is not a whole number")
        if not -limit <= number < limit:
            raise ValueError(f"{_shown(value)} does not fit into {kind} ({_RANGES[kind]} bits)")
        return number

    return convert


def _whole(value: Any) -> int | None:  # noqa: ANN401
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.match(value) and value.isascii():
        return int(value[:40])
    return None


def _number(value: Any) -> float:  # noqa: ANN401
    try:
        number = float("" if isinstance(value, bool) or value is None else value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{_shown(value)} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{_shown(value)} is not a finite number")
    return number


def _decimal(value: Any) -> Decimal:  # noqa: ANN401
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError(f"{_shown(value)} is not a decimal number")
    return number


def _instant(unit: str) -> Convert:
    per_second = _UNITS[unit]

    def convert(value: Any) -> int:  # noqa: ANN401
        number = _whole(value)
        if number is not None:
            return number * per_second // _UNITS["millis"]
        moment = _parsed(value, datetime.fromisoformat, "a time: ISO 8601 or epoch milliseconds")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * per_second + (
            since.microseconds * per_second // _UNITS["micros"]
        )

    return convert


def _date(value: Any) -> date:  # noqa: ANN401
    return _parsed(value, date.fromisoformat, "a date: 2026-11-24")


def _time(value: Any) -> time:  # noqa: ANN401
    return _parsed(value, time.fromisoformat, "a time of day: 07:43:00.250")


def _parsed(value: Any, parse: Callable[[str], Parsed], what: str) -> Parsed:  # noqa: ANN401
    try:
        return parse(_string(value).strip())
    except ValueError:
        raise ValueError(f"{_shown(value)} is not {what}") from None


def _shown(value: Any) -> str:  # noqa: ANN401
    if value is None or value == "":
        return "an empty cell"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004


_PRIMITIVES: dict[str, Convert] = {
    "string": _string,
    "bytes": _bytes,
    "boolean": _boolean,
    "int": _integer("int"),
    "long": _integer("long"),
    "float": _number,
    "double": _number,
}
_LOGICAL: dict[str, Convert] = {
    "timestamp-millis": _instant("millis"),
    "timestamp-micros": _instant("micros"),
    "local-timestamp-millis": _instant("millis"),
    "local-timestamp-micros": _instant("micros"),
    "date": _date,
    "time-millis": _time,
    "time-micros": _time,
    "decimal": _decimal,
}
