"""A parsed file that still knows the line of every key, so that each error names its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.errors import Finding

Step = str | int
"""A key of a mapping, or an index (from 0) into a list."""
Place = tuple[Step, ...]
"""The way from the root of a document to one of its values."""


@dataclass(frozen=True)
class Document:
    """The plain values of one YAML, TOML or JSON file, and where each of them stands."""

    file: Path
    value: Any
    lines: Mapping[Place, int]
    """Line of each key of a mapping and of each item of a list; counts from 1."""

    def line(self, *place: Step) -> int:
        """The line of `place`, or of the nearest thing around it that the file holds."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1

    def finding(self, message: str, *place: Step) -> Finding:
        """A finding about the value at `place`."""
        return Finding(self.file, self.line(*place), message)
