"""A compatibility level without a registry: what breaks between a schema and those before it.

Avro's own rules come from `avro.compatibility`. Beyond them a changed logical type is a break:
Avro (and so every registry) lets `timestamp-millis` become `timestamp-micros`, and all readers
would take one for the other.
"""

import json
from collections.abc import Iterator, Sequence

from avro.compatibility import SchemaIncompatibilityType
from avro.errors import AvroException
from avro.schema import Schema, parse

from headgate.clients.observed import RegisteredSchema
from headgate.plan.avro_breaks import Break, breaks_between, changed_meaning
from headgate.plan.levels import Reach, promise

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


def breaks(
    text: str, versions: Sequence[RegisteredSchema], level: str = "FULL_TRANSITIVE"
) -> tuple[str, ...]:
    """Every break of the level between a schema and the versions, the oldest first.

    Each is a sentence that names the reader, the version, the reason and the place. None at all:
    the schema is compatible. `text` is a whole schema, without references.
    """
    try:
        new = parse(text)
    except AvroException as error:
        return (f"the declared schema is not valid Avro: {error}",)
    return tuple(
        found
        for version in versions
        for found in _between(new, text, version, *_directions(level, version is versions[-1]))
    )


def _directions(level: str, is_latest: bool) -> tuple[bool, bool]:  # noqa: FBT001 - private
    """Whether the new schema must read a version, and the version the new schema."""
    needed = Reach.LATEST if is_latest else Reach.ALL
    promised = promise(level)
    return promised.backward >= needed, promised.forward >= needed


def _between(
    new: Schema,
    text: str,
    version: RegisteredSchema,
    backward: bool,  # noqa: FBT001 - private
    forward: bool,  # noqa: FBT001 - private
) -> Iterator[str]:
    if not (backward or forward):
        return
    label = f"version {version.version}"
    try:
        old = parse(version.whole_text) if version.kind == "AVRO" else None
    except AvroException as error:
        yield f"{label} cannot be compared: {error}"
        return
    if old is None:
        yield f"{label} is not Avro but {version.kind}"
        return
    if backward:
        for found in breaks_between(new, old):
            yield f"the new schema cannot read {label}: {_told(found, _NEW_READS_OLD)}"
    if forward:
        for found in breaks_between(old, new):
            yield f"{label} cannot read the new schema: {_told(found, _OLD_READS_NEW)}"
    for change in changed_meaning(json.loads(version.whole_text), json.loads(text)):
        yield (
            f"{label} means another thing at {change.place}: {change.before} becomes {change.after}"
        )


def _told(found: Break, words: dict[SchemaIncompatibilityType, str]) -> str:
    what = {**_EITHER_WAY, **words}[found.kind]
    return f"{what} at {found.place}" + (f" ({found.detail})" if found.detail else "")
