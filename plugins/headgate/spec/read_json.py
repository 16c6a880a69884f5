"""Read JSON as plain values with the line of every key and item."""

import json
import re
from bisect import bisect_right
from pathlib import Path
from typing import Any, NoReturn

from headgate.errors import Finding, SpecError
from headgate.spec.document import Document, Place
from headgate.spec.read_text import read_text

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[-+.\w]+")


def read_json(file: Path) -> Document:
    """The value that a JSON file holds. Raises `SpecError` with every finding."""
    text = read_text(file)
    if not text.strip():
        raise SpecError([Finding(file, 1, "the file is empty")])
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        scan = _PlaceScan(file, text)
        scan.value(0, ())
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} (column {error.colno})"
        raise SpecError([Finding(file, error.lineno, message)]) from error
    except RecursionError:
        raise SpecError([Finding(file, 1, "the nesting is too deep")]) from None
    except ValueError as error:
        raise SpecError([Finding(file, 1, f"not JSON: {error}")]) from error
    if scan.findings:
        raise SpecError(scan.findings)
    return Document(file, value, scan.lines)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


class _PlaceScan:
    """Walks over text that is known to be JSON, noting the line of each key and item."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.lines: dict[Place, int] = {}
        self.findings: list[Finding] = []
        self._decoder = json.JSONDecoder()
        self._line_ends = [match.start() for match in re.finditer("\n", text)]

    def value(self, start: int, place: Place) -> int:
        """Walk over the value that begins at or behind `start`; the position behind it."""
        position = self._skip(start)
        self.lines.setdefault(place, self._line(position))
        opening = self.text[position]
        if opening == "{":
            return self._object(position, place)
        if opening == "[":
            return self._array(position, place)
        if opening == '"':
            return self._string(position)[1]
        match = _SCALAR.match(self.text, position)
        return match.end() if match else position + 1

    def _object(self, start: int, place: Place) -> int:
        keys: set[str] = set()
        position = self._skip(start + 1)
        while self.text[position] != "}":
            key, behind = self._string(position)
            if key in keys:
                message = f"'{key}' stands twice in one object"
                self.findings.append(Finding(self.file, self._line(position), message))
            keys.add(key)
            self.lines[(*place, key)] = self._line(position)
            position = self._next(self.value(self._skip(behind) + 1, (*place, key)))
        return position + 1

    def _array(self, start: int, place: Place) -> int:
        index = 0
        position = self._skip(start + 1)
        while self.text[position] != "]":
            position = self._next(self.value(position, (*place, index)))
            index += 1
        return position + 1

    def _string(self, start: int) -> tuple[str, int]:
        text, behind = self._decoder.raw_decode(self.text, start)
        return str(text), behind

    def _next(self, position: int) -> int:
        position = self._skip(position)
        return self._skip(position + 1) if self.text[position] == "," else position

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def _line(self, position: int) -> int:
        return bisect_right(self._line_ends, position - 1) + 1


def as_record(document: Document) -> dict[str, Any]:
    """The document as a JSON object. Raises `SpecError` if it is anything else."""
    if not isinstance(document.value, dict):
        raise SpecError([document.finding("an Avro schema of type record is expected: { ... }")])
    return document.value
