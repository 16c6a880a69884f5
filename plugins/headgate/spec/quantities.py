"""Durations and sizes as people write them: `500ms`, `5s`, `10m`, `6h`, `7d`; `64MiB`, `10GiB`."""

import re
from datetime import timedelta
from typing import Annotated, NewType

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

Bytes = NewType("Bytes", int)

_DURATION = re.compile(r"([0-9]+)(ms|s|m|h|d)\Z")
_SIZE = re.compile(r"([0-9]+)(B|KiB|MiB|GiB|TiB)\Z")
_MOST_DIGITS = 9
"""Far beyond any real duration or size, and every product stays within its type."""
_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse_duration(text: object) -> timedelta:
    """Read `5s`; a bare number is refused, because nobody knows its unit."""
    if isinstance(text, timedelta):
        return text
    match = _DURATION.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write a number and ms, s, m, h or d: 5s, 6h")
    if len(match[1]) > _MOST_DIGITS:
        raise ValueError(f"the duration is too long: more than {_MOST_DIGITS} digits")
    return timedelta(milliseconds=int(match[1])) * _MILLISECONDS[match[2]]


def format_duration(duration: timedelta) -> str:
    """Write a duration in the largest unit that holds it exactly."""
    milliseconds = duration // timedelta(milliseconds=1)
    for unit in ("d", "h", "m", "s"):
        if milliseconds and milliseconds % _MILLISECONDS[unit] == 0:
            return f"{milliseconds // _MILLISECONDS[unit]}{unit}"
    return f"{milliseconds}ms"


def parse_size(text: object) -> Bytes:
    """Read `10GiB` as bytes."""
    if isinstance(text, int) and not isinstance(text, bool):
        return Bytes(text)
    match = _SIZE.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"{text!r} is not a size; write a number and B, KiB, MiB, GiB or TiB: 10GiB"
        )
    if len(match[1]) > _MOST_DIGITS:
        raise ValueError(f"the size is too large: more than {_MOST_DIGITS} digits")
    return Bytes(int(match[1]) * _BYTES[match[2]])


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(ms|s|m|h|d)$", "examples": ["5s", "6h"]}),
]
Size = Annotated[
    Bytes,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(B|KiB|MiB|GiB|TiB)$", "examples": ["10GiB"]}
    ),
]
