"""Row types as compiled plans write them: as one SQL text, or as JSON with a field each.

JSON is used where the text would leave something out, such as that a time is the event time.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FIELD = re.compile(r"`(?P<name>(?:[^`]|``)*)` (?P<type>.*)", re.DOTALL)
_ROW = re.compile(r"ROW<(?P<fields>.*)>(?: NOT NULL)?", re.DOTALL)
_LONGEST_TEXT = "VARCHAR(2147483647)"
_OPENS, _CLOSES = "<(", ">)"
_QUOTES = "`'"


@dataclass(frozen=True)
class Column:
    """A column of a row."""

    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.name} {self.type}"


def columns_of_type(row: str | Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a row type. Raises ValueError if it is none."""
    if isinstance(row, Mapping):
        return tuple(
            Column(field["name"], type_text(field["fieldType"])) for field in row.get("fields", ())
        )
    match = _ROW.fullmatch(row)
    if match is None:
        raise ValueError(f"no row type: {row}")
    return tuple(map(_column, _at_top_level(match["fields"])))


def type_text(kind: str | Mapping[str, Any]) -> str:
    """A type as one text, whichever way it is written."""
    if isinstance(kind, str):
        return kind.replace(_LONGEST_TEXT, "STRING")
    if kind.get("type") == "ROW":
        fields = ", ".join(f"`{column.name}` {column.type}" for column in columns_of_type(kind))
        return f"ROW<{fields}>{_null(kind)}"
    if kind.get("kind") in ("ROWTIME", "PROCTIME"):
        name = str(kind["type"]).replace("_WITHOUT_TIME_ZONE", "")
        return f"{name}({kind['precision']}) *{kind['kind']}*{_null(kind)}"
    return json.dumps(kind, sort_keys=True)


def _null(kind: Mapping[str, Any]) -> str:
    return "" if kind.get("nullable", True) else " NOT NULL"


def _column(text: str) -> Column:
    match = _FIELD.fullmatch(text)
    if match is None:
        raise ValueError(f"no field of a row: {text}")
    return Column(match["name"].replace("``", "`"), type_text(match["type"]))


def _at_top_level(text: str) -> Iterator[str]:
    """The parts between commas that are within no brackets and no quotes."""
    depth, start, quote = 0, 0, ""
    for index, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in _QUOTES:
            quote = sign
        elif sign in _OPENS:
            depth += 1
        elif sign in _CLOSES:
            depth -= 1
        elif sign == "," and depth == 0:
            yield text[start:index].strip()
            start = index + 1
    if text[start:].strip():
        yield text[start:].strip()
