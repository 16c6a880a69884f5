"""Read TOML as plain values with the line of every key.

The standard parser gives no places, so they are found again by a walk over the lines. It knows
tables, dotted and quoted keys; keys of an inline table have the line of the table.
"""

import re
import tomllib
from pathlib import Path

from headgate.errors import Finding, SpecError
from headgate.spec.document import Document, Place
from headgate.spec.read_text import read_text

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")
_PLACE_IN_MESSAGE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


def read_toml(file: Path) -> Document:
    """The table that a TOML file holds. Raises `SpecError` if it is not TOML."""
    text = read_text(file)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError([_syntax_finding(file, text, str(error))]) from error
    except RecursionError:
        raise SpecError([Finding(file, 1, "the nesting is too deep")]) from None
    return Document(file, value, _lines(text))


def _syntax_finding(file: Path, text: str, message: str) -> Finding:
    match = _PLACE_IN_MESSAGE.search(message)
    line = int(match[1]) if match and match[1] else text.count("\n") + 1
    column = f" (column {match[2]})" if match and match[2] else ""
    return Finding(file, line, f"not TOML: {_PLACE_IN_MESSAGE.sub('', message)}{column}")


def _lines(text: str) -> dict[Place, int]:
    lines: dict[Place, int] = {(): 1}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.match(line)
        if header:
            table = _keys(header[1])
            _note(lines, table, number)
            continue
        assignment = _ASSIGNMENT.match(line)
        if assignment:
            _note(lines, (*table, *_keys(assignment[1])), number)
    return lines


def _note(lines: dict[Place, int], place: Place, number: int) -> None:
    for length in range(1, len(place) + 1):
        lines.setdefault(place[:length], number)


def _keys(dotted: str) -> Place:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, dotted))
