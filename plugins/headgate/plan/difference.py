"""A change as the lines of a diff, for every surface that shows one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import ndiff
from typing import Any, Literal

from headgate.plan.change import Change


@dataclass(frozen=True)
class DiffLine:
    """One line: `+` comes, `-` goes, a blank stays (context around it)."""

    sign: Literal["+", "-", " "]
    text: str


def difference(change: Change) -> tuple[DiffLine, ...]:
    """What the change takes away and brings, setting by setting."""
    before, after = _flat(change.before), _flat(change.after)
    before.pop("version", None)  # the next number is the registry's affair
    lines: list[DiffLine] = []
    for key in [*before, *(key for key in after if key not in before)]:
        if key == "schema":
            lines += _schema_lines(before.get(key), after.get(key))
            continue
        if before.get(key) is not None and before.get(key) != after.get(key):
            lines.append(DiffLine("-", f"{key}: {before[key]}"))
        if after.get(key) is not None and before.get(key) != after.get(key):
            lines.append(DiffLine("+", f"{key}: {after[key]}"))
    return tuple(lines)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat.update(value if isinstance(value, Mapping) else {key: value})
    return flat


def schema_difference(before: str, after: str) -> tuple[DiffLine, ...]:
    """What one schema has (`-`) that another has not, and the other way round (`+`)."""
    return tuple(_schema_lines(before, after))


def _schema_lines(before: str | None, after: str | None) -> Iterator[DiffLine]:
    if before is None:
        fields = [field["name"] for field in json.loads(after or "{}").get("fields", ())]
        yield DiffLine("+", f"schema with the fields {', '.join(fields)}")
        return
    for line in ndiff(_pretty(before), _pretty(after)):
        if line.startswith("+ "):
            yield DiffLine("+", line[2:])
        elif line.startswith("- "):
            yield DiffLine("-", line[2:])


def _pretty(text: str | None) -> list[str]:
    """One line a field, as an analyst would compare them."""
    schema = json.loads(text or "{}")
    if not isinstance(schema, dict):
        return [json.dumps(schema)]
    head = {key: value for key, value in schema.items() if key != "fields"}
    return [json.dumps(head), *(json.dumps(field) for field in schema.get("fields", ()))]
