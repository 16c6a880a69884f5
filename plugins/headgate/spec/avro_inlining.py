"""Avro types that stand in files or subjects of their own, put into the schemas that use them.

Avro reads a schema from the front: a name may be used only behind its definition. So a type is
put where it is used first, and is only named behind that (Avro specification 1.12, Names).
"""

import json
from collections.abc import Container, Iterator, Mapping
from typing import Any

from headgate.spec.avro_names import (
    NAMED_KINDS,
    PRIMITIVES,
    Schema,
    full_name,
    namespace_within,
)
from headgate.spec.document import Place

Definitions = Mapping[str, Mapping[str, Any]]
"""Named types by their full names."""


def inlined(schema: Schema, types: Definitions, namespace: str = "") -> Schema:
    """The schema with every one of the types that it uses, also by way of others, in its place.

    A schema that uses none comes out as it went in. `namespace` is that around the schema.
    """
    return _Inlining(types).schema(schema, namespace)


def inlined_text(text: str, types: Definitions) -> str:
    """The same for a schema as text; text that is no JSON stays as it is."""
    try:
        return json.dumps(inlined(json.loads(text), types))
    except ValueError:
        return text


def definitions_in_text(text: str) -> dict[str, Mapping[str, Any]]:
    """`definitions_in` of a schema as text; text that is no JSON defines nothing."""
    try:
        return definitions_in(json.loads(text))
    except ValueError:
        return {}


def types_used(schema: Schema, known: Container[str]) -> tuple[str, ...]:
    """Full names of the known types that the schema names itself, in the order of first use."""
    return tuple(uses_of_types(schema, known))


def uses_of_types(schema: Schema, known: Container[str]) -> dict[str, Place]:
    """The known types that the schema names itself, and where it does so first."""
    own = definitions_in(schema)
    found: dict[str, Place] = {}
    for name, place in _names(schema, "", ()):
        if name in known and name not in own:
            found.setdefault(name, place)
    return found


def definitions_in(schema: Schema, namespace: str = "") -> dict[str, Mapping[str, Any]]:
    """Every named type that a schema defines, readable in any namespace, by its full name."""
    found: dict[str, Mapping[str, Any]] = {}
    if isinstance(schema, list):
        for branch in schema:
            found |= definitions_in(branch, namespace)
    elif isinstance(schema, Mapping):
        inner = namespace
        if _is_named(schema) and isinstance(schema.get("name"), str):
            inner = namespace_within(schema, namespace)
            name = full_name(str(schema["name"]), inner)
            found[name] = anywhere(schema, name)
        for part, _ in _parts(schema):
            found |= definitions_in(part, inner)
    return found


def anywhere(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The definition of a named type so that it means the same in any namespace."""
    namespace, _, short = name.rpartition(".")
    return {**schema, "name": short, "namespace": namespace}


class _Inlining:
    def __init__(self, types: Definitions) -> None:
        self._types = types
        self._placed: set[str] = set()

    def schema(self, schema: Schema, namespace: str) -> Schema:
        if isinstance(schema, str):
            return self._name(schema, namespace)
        if isinstance(schema, list):
            return [self.schema(branch, namespace) for branch in schema]
        if not isinstance(schema, Mapping):
            return schema
        if _is_named(schema):
            namespace = namespace_within(schema, namespace)
            name = full_name(str(schema.get("name")), namespace)
            if name in self._placed:
                return name
            self._placed.add(name)
        inside = {
            key: self.schema(schema[key], namespace)
            for key in ("type", "items", "values")
            if key in schema and not (key == "type" and _is_named(schema))
        }
        if isinstance(schema.get("fields"), list):
            inside["fields"] = [self._field(field, namespace) for field in schema["fields"]]
        return {**schema, **inside}

    def _name(self, name: str, namespace: str) -> Schema:
        full = full_name(name, namespace)
        if name in PRIMITIVES or full in self._placed or full not in self._types:
            return name
        return self.schema(anywhere(self._types[full], full), "")

    def _field(self, field: Any, namespace: str) -> Any:  # noqa: ANN401 - JSON as written
        if not isinstance(field, Mapping) or "type" not in field:
            return field
        return {**field, "type": self.schema(field["type"], namespace)}


def _names(schema: Schema, namespace: str, place: Place) -> Iterator[tuple[str, Place]]:
    if isinstance(schema, str):
        if schema not in PRIMITIVES:
            yield full_name(schema, namespace), place
    elif isinstance(schema, list):
        for index, branch in enumerate(schema):
            yield from _names(branch, namespace, (*place, index))
    elif isinstance(schema, Mapping):
        is_named = _is_named(schema)
        inner = namespace_within(schema, namespace) if is_named else namespace
        for part, step in _parts(schema):
            yield from _names(part, inner, (*place, *step))


def _parts(schema: Mapping[str, Any]) -> Iterator[tuple[Schema, Place]]:
    """The schemas directly inside an object, and where they are."""
    if not _is_named(schema) and "type" in schema:
        yield schema["type"], ("type",)
    yield from ((schema[key], (key,)) for key in ("items", "values") if key in schema)
    fields = schema.get("fields")
    for index, field in enumerate(fields if isinstance(fields, list) else ()):
        if isinstance(field, Mapping) and "type" in field:
            yield field["type"], ("fields", index, "type")


def _is_named(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return isinstance(kind, str) and kind in NAMED_KINDS
