"""The fields of a topic's records, in words that need no knowledge of Avro's JSON."""

from dataclasses import dataclass
from typing import Any

from headgate.spec.avro_names import NAMED_KINDS, Schema, is_nullable
from headgate.spec.declared import AvroSchema


@dataclass(frozen=True)
class ContractField:
    """One field of a record."""

    name: str
    """Fields of inner records are joined by dots, `[]` stands for the items of a list."""
    type: str
    nullable: bool
    doc: str
    default: Any = None
    has_default: bool = False


def contract_fields(record: AvroSchema) -> tuple[ContractField, ...]:
    """Every field in the order of the schema; those of an inner record follow it, once a type."""
    return tuple(_fields(record, "", set()))


def type_in_words(schema: Schema) -> str:
    """`string`, `timestamp-millis`, `list of long`, `enum: A, B`; null is left out."""
    if isinstance(schema, list):
        branches = [branch for branch in schema if not is_nullable(branch)]
        return " or ".join(type_in_words(branch) for branch in branches) or "null"
    if not isinstance(schema, dict):
        return str(schema).rpartition(".")[2]
    kind = schema["type"]
    if not isinstance(kind, str):
        return type_in_words(kind)
    if schema.get("logicalType") == "decimal":
        return f"decimal({schema['precision']}, {schema.get('scale', 0)})"
    if "logicalType" in schema:
        return str(schema["logicalType"])
    words = {
        "array": lambda: f"list of {type_in_words(schema['items'])}",
        "map": lambda: f"map of text to {type_in_words(schema['values'])}",
        "enum": lambda: f"enum: {', '.join(schema['symbols'])}",
        "fixed": lambda: f"{schema['size']} bytes",
        "record": lambda: f"record {str(schema['name']).rpartition('.')[2]}",
    }
    return words[kind]() if kind in words else kind


def _fields(record: AvroSchema, within: str, seen: set[str]) -> list[ContractField]:
    found: list[ContractField] = []
    for field in record["fields"]:
        name = f"{within}{field['name']}"
        found.append(
            ContractField(
                name,
                type_in_words(field["type"]),
                is_nullable(field["type"]),
                str(field.get("doc", "")),
                field.get("default"),
                "default" in field,
            )
        )
        inner, suffix = _inner_record(field["type"])
        if inner is not None and inner["name"] not in seen:
            seen.add(inner["name"])
            found += _fields(inner, f"{name}{suffix}.", seen)
    return found


def _inner_record(schema: Schema) -> tuple[AvroSchema | None, str]:
    """The record that a type holds, and what stands for the way to it."""
    if isinstance(schema, list):
        return next((found for found in map(_inner_record, schema) if found[0]), (None, ""))
    if not isinstance(schema, dict):
        return None, ""
    kind = schema["type"]
    if kind == "record":
        return schema, ""
    if kind in ("array", "map"):
        inner, suffix = _inner_record(schema["items" if kind == "array" else "values"])
        return inner, ("[]" if kind == "array" else "{}") + suffix
    return (None, "") if kind in NAMED_KINDS or isinstance(kind, str) else _inner_record(kind)
