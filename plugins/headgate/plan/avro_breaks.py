"""Where exactly a reader of one Avro schema fails on records of another.

The verdict is that of `avro.compatibility`. It merges everything that it finds into one answer, so
the parts of two incompatible schemas are asked again one by one, down to the smallest that breaks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from avro.compatibility import (
    ReaderWriterCompatibilityChecker,
    SchemaCompatibilityResult,
    SchemaCompatibilityType,
    SchemaIncompatibilityType,
    lookup_writer_field,
    schema_name_equals,
)
from avro.schema import ArraySchema, MapSchema, NamedSchema, RecordSchema, Schema, UnionSchema

from headgate.spec.avro_inlining import definitions_in
from headgate.spec.schema_form import canonical

_ATTRIBUTES_OF_MEANING = ("logicalType", "precision", "scale")
_Pair = tuple[Schema, Schema, str]


@dataclass(frozen=True)
class Break:
    """One part of a schema that a reader cannot read."""

    kind: SchemaIncompatibilityType
    place: str
    """Field names of the reader, joined by dots; `[]` and `{}` for what a list or map holds."""
    detail: str


@dataclass(frozen=True)
class ChangedMeaning:
    """A part whose bytes stay readable and are taken for something else."""

    place: str
    before: str
    after: str


def breaks_between(reader: Schema, writer: Schema) -> tuple[Break, ...]:
    """Everything that keeps the reader from reading what the writer may write."""
    return tuple(dict.fromkeys(_walk(reader, writer, "", set())))


def changed_meaning(before: Any, after: Any) -> tuple[ChangedMeaning, ...]:  # noqa: ANN401 - JSON
    """Logical types that are not the same in two schemas, given as JSON holds them."""
    one, other = canonical(before), canonical(after)
    walk = _Meaning(definitions_in(one), definitions_in(other))
    return tuple(dict.fromkeys(walk.between(one, other, "")))


def _compatibility(reader: Schema, writer: Schema) -> SchemaCompatibilityResult:
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    return checker.get_compatibility(reader, writer)


def _is_compatible(reader: Schema, writer: Schema) -> bool:
    found = _compatibility(reader, writer).compatibility
    return found is SchemaCompatibilityType.compatible


def _walk(
    reader: Schema, writer: Schema, place: str, seen: set[tuple[int, int]]
) -> Iterator[Break]:
    if (id(reader), id(writer)) in seen:
        return
    seen.add((id(reader), id(writer)))
    result = _compatibility(reader, writer)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return
    found = [*_here(reader, writer, place)]
    for inner in _inside(reader, writer, place):
        found += _walk(*inner, seen)
    if found:
        yield from found
        return
    detail = "; ".join(sorted(map(str, result.messages)))
    for kind in dict.fromkeys(result.incompatibilities):
        yield Break(kind, place or "the top", detail)


def _here(reader: Schema, writer: Schema, place: str) -> Iterator[Break]:
    """What breaks between two schemas that have parts, apart from their parts."""
    kinds = SchemaIncompatibilityType
    if isinstance(reader, RecordSchema) and isinstance(writer, RecordSchema):
        if not schema_name_equals(reader, writer):
            detail = f"{writer.fullname} and {reader.fullname}"
            yield Break(kinds.name_mismatch, place or "the top", detail)
        for field in reader.fields:
            if lookup_writer_field(writer, field) is None and not field.has_default:
                inner = _joined(place, field.name)
                yield Break(kinds.reader_field_missing_default_value, inner, "")
    elif isinstance(reader, UnionSchema) or isinstance(writer, UnionSchema):
        for branch in _branches(writer):
            if not _is_compatible(reader, branch) and _counterpart(reader, branch) is None:
                is_union = isinstance(reader, UnionSchema)
                kind = kinds.missing_union_branch if is_union else kinds.type_mismatch
                detail = f"{_named(branch)} is written, {_named(reader)} is read"
                yield Break(kind, place or "the top", detail)


def _inside(reader: Schema, writer: Schema, place: str) -> Iterator[_Pair]:
    """The parts of two schemas that belong together."""
    if isinstance(reader, RecordSchema) and isinstance(writer, RecordSchema):
        for field in reader.fields:
            written = lookup_writer_field(writer, field)
            if written is not None:
                yield field.type, written.type, _joined(place, field.name)
    elif isinstance(reader, ArraySchema) and isinstance(writer, ArraySchema):
        yield reader.items, writer.items, f"{place}[]"
    elif isinstance(reader, MapSchema) and isinstance(writer, MapSchema):
        yield reader.values, writer.values, f"{place}{{}}"
    elif isinstance(reader, UnionSchema) or isinstance(writer, UnionSchema):
        for branch in _branches(writer):
            counterpart = _counterpart(reader, branch)
            if counterpart is not None and not _is_compatible(reader, branch):
                yield counterpart, branch, place


def _branches(schema: Schema) -> list[Schema]:
    return list(schema.schemas) if isinstance(schema, UnionSchema) else [schema]


def _counterpart(reader: Schema, branch: Schema) -> Schema | None:
    """The branch of a reader's union that is meant to read a branch of the writer's."""
    return next((one for one in _branches(reader) if _named(one) == _named(branch)), None)


def _named(schema: Schema) -> str:
    if isinstance(schema, UnionSchema):
        return f"[{', '.join(map(_named, schema.schemas))}]"
    return str(schema.fullname) if isinstance(schema, NamedSchema) else str(schema.type)


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else str(name)


class _Meaning:
    def __init__(self, before: Any, after: Any) -> None:  # noqa: ANN401 - definitions by name
        self._before = before
        self._after = after
        self._seen: set[str] = set()

    def between(self, before: Any, after: Any, place: str) -> Iterator[ChangedMeaning]:  # noqa: ANN401
        old, new = _by_label(before, self._before), _by_label(after, self._after)
        for label in old.keys() & new.keys():
            one, other = old[label], new[label]
            was, becomes = _meaning(one), _meaning(other)
            if was != becomes:
                yield ChangedMeaning(place or "the top", was, becomes)
            for key, sign in (("items", "[]"), ("values", "{}")):
                if key in one and key in other:
                    yield from self.between(one[key], other[key], f"{place}{sign}")
            if "fields" in one and "fields" in other and label not in self._seen:
                self._seen.add(label)  # a record may hold itself, and is told once
                yield from self._fields(one, other, place)

    def _fields(self, one: Any, other: Any, place: str) -> Iterator[ChangedMeaning]:  # noqa: ANN401
        types = {field["name"]: field["type"] for field in other["fields"]}
        for field in one["fields"]:
            if field["name"] in types:
                inner = _joined(place, field["name"])
                yield from self.between(field["type"], types[field["name"]], inner)


def _by_label(schema: Any, named: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    found = {}
    for branch in schema if isinstance(schema, list) else [schema]:
        one = branch if isinstance(branch, dict) else named.get(branch, {"type": branch})
        name = ".".join(filter(None, (one.get("namespace"), one.get("name"))))
        found[name or str(one["type"])] = one
    return found


def _meaning(schema: dict[str, Any]) -> str:
    described = [str(schema[key]) for key in _ATTRIBUTES_OF_MEANING if key in schema]
    return " ".join(described) or f"plain {schema['type']}"
