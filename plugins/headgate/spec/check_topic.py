"""Checks of one topic that its model cannot make alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.errors import Finding
from headgate.spec.avro_inlining import definitions_in, inlined
from headgate.spec.avro_names import (
    Schema,
    field_named,
    field_names,
    is_nullable,
    logical_type,
    namespace_within,
)
from headgate.spec.columns import attempt_columns
from headgate.spec.document import Document
from headgate.spec.schema_form import canonical
from headgate.spec.suggestion import did_you_mean
from headgate.spec.topic import TopicSpec

OWN_CONFIGS = {
    "retention.ms": "retention.time",
    "retention.bytes": "retention.size_per_partition",
    "cleanup.policy": "cleanup",
}
"""Configurations of Kafka that `topic.yaml` has keys of its own for."""


def check_topic(document: Document, spec: TopicSpec, *, has_key_schema: bool) -> Iterator[Finding]:
    """Contradictions within topic.yaml."""
    is_keyed = spec.key is not None or has_key_schema
    if spec.partitioning == "keyed" and not is_keyed:
        yield document.finding(
            "partitioning is 'keyed', but there is no key: name a field of value.avsc with "
            "`key:`, or write `partitioning: none`",
            "partitioning",
        )
    if "compact" in spec.cleanup and not is_keyed:
        yield document.finding("compaction needs a key", "cleanup")
    for config, key in OWN_CONFIGS.items():
        if config in spec.configs:
            yield document.finding(f"{config} is set by '{key}'", "configs", config)
    in_sync = spec.configs.get("min.insync.replicas", "1")
    if not in_sync.isdecimal() or int(in_sync) > spec.replication:
        yield document.finding(
            f"min.insync.replicas {in_sync!r} must be a number up to the replication factor, "
            f"{spec.replication}, or nothing can be written",
            "configs",
            "min.insync.replicas",
        )


def check_key(
    document: Document, spec: TopicSpec, value: Document, key: Document | None
) -> Iterator[Finding]:
    """The key names a field that every record has; the fields of key.avsc are in the value."""
    names = field_names(value.value)
    if spec.key is not None:
        field = field_named(value.value, spec.key)
        if field is None:
            message = f"key: value.avsc has no field '{spec.key}'{did_you_mean(spec.key, names)}"
            yield document.finding(message, "key")
        elif is_nullable(field["type"]):
            message = f"key: the field '{spec.key}' may be null, and a key must not be"
            yield document.finding(message, "key")
        elif key is None and logical_type(field["type"])[0] != "string":
            yield document.finding(
                f"key: the field '{spec.key}' is not a string; without key.avsc the key is "
                "written as text, so use a string or add key.avsc",
                "key",
            )
        elif key is not None and field_named(key.value, spec.key) is None:
            yield document.finding(f"key: key.avsc has no field '{spec.key}'", "key")
    if key is not None:
        yield from _check_key_fields(key, value)


def _check_key_fields(key: Document, value: Document) -> Iterator[Finding]:
    names = field_names(value.value)
    for index, field in enumerate(key.value["fields"]):
        name = field["name"]
        in_value = field_named(value.value, name)
        if in_value is None:
            message = f"value.avsc has no field '{name}'{did_you_mean(name, names)}"
            yield key.finding(message, "fields", index)
        elif _type_alone(value, in_value) != _type_alone(key, field):
            message = f"the field '{name}' has another type in value.avsc"
            yield key.finding(message, "fields", index, "type")
        elif is_nullable(field["type"]):
            yield key.finding(f"the key field '{name}' may be null", "fields", index, "type")
    for index, problem in attempt_columns(key.value)[1].items():
        yield key.finding(problem, "fields", index)


def _type_alone(document: Document, field: Mapping[str, Any]) -> Schema:
    """The type of a field, comparable with that in another schema: all that it names is in it."""
    record = document.value
    namespace = namespace_within(record, "")
    whole = inlined(field["type"], definitions_in(record), namespace)
    return canonical(whole, namespace)


def check_columns(value: Document) -> Iterator[Finding]:
    """Every field has a type in Flink SQL."""
    for index, problem in attempt_columns(value.value)[1].items():
        yield value.finding(problem, "fields", index, "type")
