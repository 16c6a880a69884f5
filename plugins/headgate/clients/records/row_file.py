"""Read records from a CSV or JSON-lines file, row by row, with the line of everything wrong."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from headgate.clients.records.avro_values import Convert, converter, enums_of
from headgate.errors import Finding, Rejected, SpecError
from headgate.spec.suggestion import did_you_mean

_NOT_UTF8 = "not UTF-8"


class Row(NamedTuple):
    """One row: its value, or what is wrong with it."""

    line: int
    value: dict[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class _Field:
    convert: Convert
    is_optional: bool
    """It has a default, so a file may leave it out."""


class RowFile:
    """A file of rows for one record schema. Can be read several times; holds one row at a time."""

    def __init__(self, path: Path, schema: Mapping[str, Any]) -> None:
        """Raises `Rejected` or `SpecError` when the file as a whole cannot be used."""
        if path.suffix not in (".csv", ".jsonl"):
            raise Rejected(
                f"{path}: files of rows end in .csv or .jsonl, not '{path.suffix}'",
                still_true="Nothing was produced.",
            )
        if not path.is_file():
            raise Rejected(f"there is no file {path}", still_true="Nothing was produced.")
        if path.stat().st_size == 0:
            raise unusable([Finding(path, 1, "the file is empty")])
        self.path = path
        self._fields = _fields_of(path, schema)
        if path.suffix == ".csv":
            with self._open() as text:
                self._check_header(self._header(csv.reader(text)))

    def rows(self) -> Iterator[Row]:
        """All rows in order, good and bad."""
        with self._open() as text:
            yield from self._csv_rows(text) if self.path.suffix == ".csv" else self._json_rows(text)

    def _open(self) -> TextIO:
        return self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _header(self, reader: Iterator[list[str]]) -> list[str]:
        try:
            return next(reader, [])
        except csv.Error as error:
            raise unusable([Finding(self.path, 1, f"not CSV: {error}")]) from error

    def _check_header(self, header: list[str]) -> None:
        if not _is_utf8("".join(header)):
            raise unusable([Finding(self.path, 1, _NOT_UTF8)])
        problems = [
            f"there is no field '{name}' in the schema{did_you_mean(name, self._fields)}"
            for name in dict.fromkeys(header)
            if name not in self._fields
        ]
        problems += [f"column '{name}' comes twice" for name in sorted({*_repeated(header)})]
        problems += [
            f"column '{name}' is missing"
            for name, field in self._fields.items()
            if name not in header and not field.is_optional
        ]
        if problems:
            raise unusable([Finding(self.path, 1, problem) for problem in problems])

    def _csv_rows(self, text: TextIO) -> Iterator[Row]:
        reader = csv.reader(text, strict=True)
        header = self._header(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, {}, f"not CSV: {error}")
                continue
            if not cells:
                continue  # an empty line
            if not _is_utf8("".join(cells)):
                yield Row(line, {}, _NOT_UTF8)
                continue
            if len(cells) != len(header):
                yield Row(line, {}, f"{len(cells)} cells, but the header has {len(header)}")
                continue
            yield self._row(line, dict(zip(header, cells, strict=True)))

    def _json_rows(self, text: TextIO) -> Iterator[Row]:
        for line, written in enumerate(text, start=1):
            if not written.strip():
                continue
            if not _is_utf8(written):
                yield Row(line, {}, _NOT_UTF8)
                continue
            try:
                value = json.loads(written)
            except (json.JSONDecodeError, RecursionError) as error:
                yield Row(line, {}, f"not JSON: {error}")
                continue
            if not isinstance(value, dict):
                yield Row(line, {}, "not a JSON object")
                continue
            wrong = [
                f"there is no field '{name}'{did_you_mean(name, self._fields)}"
                for name in value
                if name not in self._fields
            ] + [
                f"field '{name}' is missing"
                for name, field in self._fields.items()
                if name not in value and not field.is_optional
            ]
            yield Row(line, {}, "; ".join(wrong)) if wrong else self._row(line, value)

    def _row(self, line: int, given: Mapping[str, Any]) -> Row:
        value: dict[str, Any] = {}
        problems: list[str] = []
        for name, raw in given.items():
            try:
                value[name] = self._fields[name].convert(raw)
            except ValueError as problem:
                problems.append(f"{name}: {problem}")
        return Row(line, value, "; ".join(problems))


def unusable(findings: list[Finding]) -> SpecError:
    """The error for a file of rows with these findings."""
    error = SpecError(findings)
    error.still_true = "Nothing was produced."
    error.next_step = "correct the file, then run the same command again"
    return error


def _fields_of(path: Path, schema: Mapping[str, Any]) -> dict[str, _Field]:
    named = enums_of(schema)
    fields: dict[str, _Field] = {}
    problems: list[str] = []
    for field in schema["fields"]:
        try:
            convert = converter(field["type"], named)
        except ValueError as problem:
            problems.append(f"field '{field['name']}': {problem}")
        else:
            fields[field["name"]] = _Field(convert, "default" in field)
    if problems:
        raise Rejected(
            f"{path} cannot hold records of {schema['name']}: " + "; ".join(problems),
            still_true="Nothing was produced.",
        )
    return fields


def _repeated(names: list[str]) -> Iterator[str]:
    return (name for name in names if names.count(name) > 1)


def _is_utf8(text: str) -> bool:
    """Whether nothing had to be escaped when the text was decoded."""
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text)
