"""FULL_TRANSITIVE without a registry: what breaks between a schema and the versions before it.

Avro's own rules come from `avro.compatibility`, asked in both directions. Beyond them a changed
logical type is a break: Avro (and so every registry) lets `timestamp-millis` become
`timestamp-micros`, and all readers would take one for the other.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from avro.compatibility import (
    ReaderWriterCompatibilityChecker,
    SchemaCompatibilityResult,
    SchemaCompatibilityType,
    SchemaIncompatibilityType,
)
from avro.errors import AvroException
from avro.schema import RecordSchema, Schema, parse

from headgate.clients.observed import RegisteredSchema
from headgate.plan.schema_form import canonical

_Kind = SchemaIncompatibilityType
_NEW_READS_OLD = {
    _Kind.reader_field_missing_default_value: "a field is added without a default",
    _Kind.missing_enum_symbols: "enum symbols are removed and the enum has no default",
    _Kind.missing_union_branch: "a type is taken out of a union",
}
_OLD_READS_NEW = {
    _Kind.reader_field_missing_default_value: "a field that has no default is removed",
    _Kind.missing_enum_symbols: "enum symbols are added and the enum had no default",
    _Kind.missing_union_branch: "a type is added to a union",
}
_EITHER_WAY = {
    _Kind.type_mismatch: "a type is changed",
    _Kind.name_mismatch: "a record, enum or fixed is renamed",
    _Kind.fixed_size_mismatch: "the size of a fixed is changed",
}
_ATTRIBUTES_OF_MEANING = ("logicalType", "precision", "scale")


def breaks(text: str, versions: Sequence[RegisteredSchema]) -> tuple[str, ...]:
    """Every break between a schema and each of the versions, as a sentence; none: compatible."""
    try:
        new = parse(text)
    except AvroException as error:
        return (f"the declared schema is not valid Avro: {error}",)
    return tuple(found for version in versions for found in _between(new, text, version))


def _between(new: Schema, text: str, version: RegisteredSchema) -> Iterator[str]:
    label = f"version {version.version}"
    try:
        old = parse(version.text) if version.kind == "AVRO" else None
    except AvroException as error:
        yield f"{label} cannot be compared: {error}"
        return
    if old is None:
        yield f"{label} is not Avro but {version.kind}"
        return
    yield from _incompatible(new, old, f"the new schema cannot read {label}", _NEW_READS_OLD)
    yield from _incompatible(old, new, f"{label} cannot read the new schema", _OLD_READS_NEW)
    before, after = canonical(json.loads(version.text)), canonical(json.loads(text))
    for place, was, becomes in _changed_meaning(before, after, ""):
        yield f"{label} means another thing at {place}: {was} becomes {becomes}"


def _incompatible(
    reader: Schema, writer: Schema, who: str, words: dict[SchemaIncompatibilityType, str]
) -> Iterator[str]:
    result = _compatibility(reader, writer)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return
    known = {**_EITHER_WAY, **words}
    what = sorted({known[kind] for kind in result.incompatibilities})
    details = sorted(str(message) for message in result.messages)
    where = sorted(_places(reader, writer, result)) or ["the top"]
    yield f"{who}: {', '.join(what)} at {', '.join(where)} ({'; '.join(details)})"


def _compatibility(reader: Schema, writer: Schema) -> SchemaCompatibilityResult:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    return checker.get_compatibility(reader, writer)


def _places(reader: Schema, writer: Schema, result: SchemaCompatibilityResult) -> set[str]:
    """Where it breaks, by field names.

    The library gives "/" for every compatible part that it merges into an incompatible one, and
    for what is inside a union; so the fields are asked one by one.
    """
    places = {_named(reader.to_json(), place) for place in result.locations - {"/"}}
    if not (isinstance(reader, RecordSchema) and isinstance(writer, RecordSchema)):
        return places
    before = {field.name: field.type for field in writer.fields}
    for field in reader.fields:
        is_named = any(place.partition(".")[0] == field.name for place in places)
        if not is_named and field.name in before:
            alone = _compatibility(field.type, before[field.name])
            if alone.compatibility is SchemaCompatibilityType.incompatible:
                places.add(str(field.name))
    return places


def _named(reader: Any, location: str) -> str:  # noqa: ANN401 - JSON of a schema
    """The place `/fields/2/type` as the reader's field names: `unit`."""
    names: list[str] = []
    here = reader
    for step in re.findall(r"[^/]+", location):
        try:
            here = here[int(step)] if isinstance(here, list) else here[step]
        except (KeyError, IndexError, ValueError, TypeError):
            break
        if isinstance(here, dict) and "name" in here and step.isdigit():
            names.append(here["name"])
    return ".".join(names) or location


def _changed_meaning(before: Any, after: Any, place: str) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401
    """Places of two canonical schemas whose values are the same in bytes but not in meaning."""
    old, new = _branches(before), _branches(after)
    for key in old.keys() & new.keys():
        one, other = old[key], new[key]
        was, becomes = _meaning(one), _meaning(other)
        if was != becomes:
            yield place or "the top", was, becomes
        for inner in ("items", "values"):
            if inner in one and inner in other:
                yield from _changed_meaning(one[inner], other[inner], f"{place}[]")
        fields = {field["name"]: field["type"] for field in other.get("fields", ())}
        for field in one.get("fields", ()):
            if field["name"] in fields:
                yield from _changed_meaning(
                    field["type"], fields[field["name"]], f"{place}.{field['name']}".lstrip(".")
                )


def _branches(schema: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - JSON of a schema
    branches = schema if isinstance(schema, list) else [schema]
    objects = [branch if isinstance(branch, dict) else {"type": branch} for branch in branches]
    return {str(one.get("name", one["type"])): one for one in objects}


def _meaning(schema: dict[str, Any]) -> str:
    described = [str(schema[key]) for key in _ATTRIBUTES_OF_MEANING if key in schema]
    return " ".join(described) or f"plain {schema['type']}"
