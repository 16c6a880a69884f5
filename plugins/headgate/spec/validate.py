"""From a document to a model: every error of pydantic becomes a finding with its line.

Values are checked strictly, by the rules of JSON: `"4"`, `4.0` and `true` are not the number 4.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from headgate.errors import Finding, SpecError
from headgate.ids import NAME_PATTERN
from headgate.spec.document import Document, Place
from headgate.spec.environment import SECRET_REFERENCE_PATTERN
from headgate.spec.names import LINE_PATTERN, name_problem
from headgate.spec.schema_walk import known_keys
from headgate.spec.suggestion import did_you_mean

M = TypeVar("M", bound=BaseModel)

_MUST_BE = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "path_type": "must be a path",
    "date_type": "must be a date (2026-01-31)",
    "date_parsing": "must be a date (2026-01-31)",
    "date_from_datetime_parsing": "must be a date (2026-01-31)",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


def validate(model: type[M], document: Document) -> M:
    """The document as a `model`. Raises `SpecError` with all findings."""
    try:
        text = json.dumps(document.value, default=str)
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise SpecError([_finding(model, document, detail) for detail in details]) from error


def _finding(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Finding:
    place, rest = _place_in(document.value, detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        *parent, key = place
        known = known_keys(model, tuple(parent))
        unused = set(known) - set(_value_at(document.value, tuple(parent)))
        message = f"unknown key '{key}'{did_you_mean(str(key), unused or known)}"
        return document.finding(_within(tuple(parent), message), *place)
    if kind == "missing":
        key = str(rest[-1])
        about = known_keys(model, place).get(key, "")
        message = f"'{key}' is missing" + (f": {about}" if about else "")
        return document.finding(_within(place, message), *place)
    return document.finding(_within(place, _message(detail)), *place)


def _message(detail: ErrorDetails) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    pydantic_says = str(detail["msg"])
    if kind == "string_type":
        message = _not_text(value)
    elif kind in _MUST_BE:
        message = f"{_MUST_BE[kind]}, not {_shown(value)}"
    elif kind == "string_pattern_mismatch":
        message = _pattern_message(str(context.get("pattern", "")), str(value))
    elif kind == "string_too_long":
        message = f"is longer than {context['max_length']} characters"
    elif kind == "literal_error":
        word = did_you_mean(value, _words(context)) if isinstance(value, str) else ""
        message = f"must be {context['expected']}, not {_shown(value)}"
        message += word if "mean" in word else ""
    elif kind.startswith(("greater_than", "less_than")):
        expected = pydantic_says.removeprefix("Input should be ")
        message = f"must be {expected}, not {_shown(value)}"
    else:
        message = pydantic_says.removeprefix("Value error, ")
    return message


def _words(context: Mapping[str, Any]) -> list[str]:
    return [part for part in str(context["expected"]).split("'")[1::2] if part]


def _not_text(value: object) -> str:
    if isinstance(value, bool):
        return "must be text; `yes`, `no`, `true` and `false` need quotes to be text"
    if isinstance(value, (int, float)):
        return f'must be text; put it in quotes: "{value}"'
    return f"must be text, not {_shown(value)}"


def _pattern_message(pattern: str, value: str) -> str:
    if pattern == SECRET_REFERENCE_PATTERN:
        return "must be a reference to a secret, env:NAME or conn:ID, never the secret itself"
    if pattern == LINE_PATTERN:
        return f'{value[:40]!r} is not a Flink line; write major and minor version: "2.2"'
    if NAME_PATTERN in pattern:
        return name_problem(value) or f"{value[:40]!r} is not a name"
    return f"{value[:40]!r} does not match {pattern}"


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - one line


def _place_in(value: Any, location: tuple[int | str, ...]) -> tuple[Place, Place]:  # noqa: ANN401
    """The part of pydantic's location that the document holds, and what lies beyond.

    Pydantic adds steps of its own (the branch of a union, `[key]`), which are left out.
    """
    place: list[int | str] = []
    rest: list[int | str] = []
    for step in location:
        if not _holds(value, step):
            rest.append(step)
            continue
        value = value[step]
        place.append(step)
    return tuple(place), tuple(rest)


def _holds(value: object, step: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _value_at(value: Any, place: Place) -> Any:  # noqa: ANN401 - any part of a document
    for step in place:
        value = value[step]
    return value


def _within(place: Place, message: str) -> str:
    if not place:
        return message
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return f"{path[1:]}: {message}"
