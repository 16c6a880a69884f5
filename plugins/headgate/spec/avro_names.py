"""Avro's naming rules: primitive types, full names, and what a name refers to."""

import re
from collections.abc import Mapping
from typing import Any

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED_KINDS = frozenset({"record", "enum", "fixed"})
KINDS = PRIMITIVES | NAMED_KINDS | {"array", "map"}

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FULL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")

Schema = Any
"""Any Avro schema: a name, a union (list) or an object."""


def full_name(name: str, namespace: str) -> str:
    """A name with its namespace; a name with dots has it already (Avro specification, Names)."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def namespace_within(schema: Mapping[str, Any], enclosing: str) -> str:
    """The namespace that holds inside a named schema."""
    name = str(schema.get("name", ""))
    if "." in name:
        return name.rpartition(".")[0]
    return str(schema.get("namespace", enclosing))


def is_nullable(schema: Schema) -> bool:
    """Whether a value of the schema may be null."""
    if isinstance(schema, list):
        return any(is_nullable(branch) for branch in schema)
    if isinstance(schema, Mapping):
        return schema.get("type") == "null"
    return bool(schema == "null")


def logical_type(schema: Schema) -> tuple[str | None, str | None]:
    """Plain type and logical type of a schema that is neither a union nor a reference."""
    if isinstance(schema, Mapping):
        inner = schema.get("type")
        if isinstance(inner, Mapping):
            return logical_type(inner)
        logical = schema.get("logicalType")
        return (
            inner if isinstance(inner, str) else None,
            logical if isinstance(logical, str) else None,
        )
    return (schema if isinstance(schema, str) else None, None)


def field_named(record: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The field of a record, or None."""
    return next((field for field in record["fields"] if field["name"] == name), None)


def field_names(record: Mapping[str, Any]) -> list[str]:
    """The names of a record's fields, in their order."""
    return [field["name"] for field in record["fields"]]
