"""Whether the default of an Avro field fits its type.

The default of a union must fit its first type: later Avro versions are more lenient, but the
readers of a topic need not be of a later version.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from headgate.spec.avro_names import PRIMITIVES, Schema, full_name, namespace_within

_RANGES = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_NUMBERS = {"float", "double"}
_TEXTS = {"string", "bytes", "fixed"}


def default_problem(
    schema: Schema,
    value: Any,  # noqa: ANN401 - any JSON value
    named: Mapping[str, Schema],
    namespace: str,
) -> str | None:
    """What is wrong with `value` as a default, or None. The schema itself must be valid."""
    if isinstance(schema, list):
        problem = default_problem(schema[0], value, named, namespace)
        return f"{problem} (the default of a union belongs to its first type)" if problem else None
    if isinstance(schema, str):
        referred = named.get(full_name(schema, namespace))
        if referred is None:
            return _primitive_problem(schema, value) if schema in PRIMITIVES else None
        return default_problem(referred, value, named, namespace)
    kind = schema["type"]
    if isinstance(kind, (list, Mapping)):
        return default_problem(kind, value, named, namespace)
    return _object_problem(schema, value, named, namespace)


def _object_problem(
    schema: Mapping[str, Any],
    value: Any,  # noqa: ANN401 - any JSON value
    named: Mapping[str, Schema],
    namespace: str,
) -> str | None:
    kind = schema["type"]
    problem: str | None = None
    if kind == "enum":
        problem = None if value in schema["symbols"] else f"{value!r} is no symbol of the enum"
    elif kind == "array" and not isinstance(value, list):
        problem = f"{value!r} is not a list"
    elif kind == "array":
        inner = schema["items"]
        problem = _first(default_problem(inner, item, named, namespace) for item in value)
    elif kind in {"map", "record"} and not isinstance(value, Mapping):
        problem = f"{value!r} is not an object"
    elif kind == "map":
        inner = schema["values"]
        problem = _first(default_problem(inner, item, named, namespace) for item in value.values())
    elif kind == "record":
        within = namespace_within(schema, namespace)
        problem = _first(_field_problem(one, value, named, within) for one in schema["fields"])
    else:
        problem = default_problem(kind, value, named, namespace)
    return problem


def _field_problem(
    field: Mapping[str, Any], value: Mapping[str, Any], named: Mapping[str, Schema], namespace: str
) -> str | None:
    if field["name"] in value:
        return default_problem(field["type"], value[field["name"]], named, namespace)
    return None if "default" in field else f"it lacks '{field['name']}'"


def _primitive_problem(kind: str, value: object) -> str | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in _RANGES:
        low, high = _RANGES[kind]
        fits = is_number and isinstance(value, int) and low <= value <= high
    elif kind in _NUMBERS:
        fits = is_number
    elif kind in _TEXTS:
        fits = isinstance(value, str)
    elif kind == "boolean":
        fits = isinstance(value, bool)
    else:
        fits = value is None
    return None if fits else f"{value!r} is not of type {kind}"


def _first(problems: Iterable[str | None]) -> str | None:
    return next((problem for problem in problems if problem), None)
