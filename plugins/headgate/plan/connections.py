"""How the tables of a job are connected to Kafka and the registry, as Flink's table options."""

from collections.abc import Mapping
from datetime import timedelta

from headgate.errors import Finding, Rejected, SpecError
from headgate.ids import JobName, Role, TopicName, consumer_group, transactional_id_prefix
from headgate.plan.tables import WATERMARK_OPTIONS, milliseconds
from headgate.spec.columns import columns_of
from headgate.spec.declared import DeclaredTopic, NamedEnvironment
from headgate.spec.job import JobSpec, SourceSpec, start_as_millis

PARTITION_DISCOVERY = timedelta(seconds=30)
"""How soon a running job finds partitions that were added to its topic."""

_SECURITY = ("security.", "sasl.", "ssl.")


def source_options(
    topic: DeclaredTopic,
    source: SourceSpec,
    registered_schema: str,
    *,
    environment: NamedEnvironment,
    job: JobName,
    role: Role,
) -> dict[str, str]:
    """Options of a table that is read: committed records only, from the declared start."""
    millis = start_as_millis(source.start)
    start = (
        {"scan.startup.mode": f"{source.start}-offset"}
        if millis is None
        else {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": str(millis)}
    )
    return {
        **_kafka(topic, environment),
        "properties.group.id": consumer_group(environment.name, job, role),
        "properties.isolation.level": "read_committed",
        **start,
        "scan.topic-partition-discovery.interval": _flink_duration(PARTITION_DISCOVERY),
        f"{WATERMARK_OPTIONS}idle-timeout": _flink_duration(source.idle_after),
        **_avro("", "format", registered_schema, environment),
    }


def sink_options(
    topic: DeclaredTopic,
    registered_schema: str,
    registered_key_schema: str | None,
    *,
    environment: NamedEnvironment,
    job: JobName,
    spec: JobSpec,
    role: Role,
) -> dict[str, str]:
    """Options of a table that is written.

    `sink.partitioner` stays at its default: the connector then names no partition and Kafka's own
    producer takes murmur2 of the key, as every Java client does.
    """
    options = _kafka(topic, environment)
    options |= _key(topic, registered_key_schema, environment)
    options |= {"value.fields-include": "ALL"} if "key.fields" in options else {}
    options |= _avro("value.", "value.format", registered_schema, environment)
    options["sink.delivery-guarantee"] = spec.delivery
    if spec.delivery == "exactly-once":
        prefix = transactional_id_prefix(environment.name, job, role)
        options |= _transactions(prefix, topic.name, spec)
    return options


def _transactions(prefix: str, topic: TopicName, spec: JobSpec) -> dict[str, str]:
    """Options of transactions, with ids that are used again and belong to one sink alone.

    Ids are used again with POOLING; INCREMENTING, the default, takes a new one with every
    checkpoint, and the broker remembers each for `transactional.id.expiration.ms`, a week.
    Two sinks with one prefix would end each other's transactions; the full stop, which no name
    holds, keeps one prefix from being the beginning of another.
    """
    return {
        "sink.transactional-id-prefix": f"{prefix}.{topic}.",
        "sink.transaction-naming-strategy": "POOLING",
        "properties.transaction.timeout.ms": str(milliseconds(spec.transaction_timeout)),
    }


def _key(
    topic: DeclaredTopic, registered_key_schema: str | None, environment: NamedEnvironment
) -> dict[str, str]:
    if topic.key_schema is not None:
        names = [field["name"] for field in topic.key_schema["fields"]]
        schema = registered_key_schema or ""
        return {
            "key.fields": ";".join(names),
            **_avro("key.", "key.format", schema, environment),
        }
    if topic.spec.key is None:
        return {}
    column = next((c for c in columns_of(topic) if c.name == topic.spec.key), None)
    if column is None or column.sql_type != "STRING" or not column.not_null:
        message = (
            f"key {topic.spec.key!r} must be a string field of value.avsc that is never null; "
            "for any other key add a key.avsc"
        )
        raise SpecError([Finding(topic.folder / "topic.yaml", 1, message)])
    return {"key.format": "raw", "key.fields": column.name}


def _kafka(topic: DeclaredTopic, environment: NamedEnvironment) -> dict[str, str]:
    return {
        "connector": "kafka",
        "topic": topic.name,
        **_client_properties(environment.settings.kafka),
    }


def _client_properties(kafka: Mapping[str, str]) -> dict[str, str]:
    """The Java client's properties.

    Credentials would stand in plain text in the DDL, which Flink shows and stores, so a secured
    broker is refused until they travel another way.
    """
    secured = sorted(
        name
        for name, value in kafka.items()
        if name.startswith(_SECURITY) and (name, value.upper()) != _PLAINTEXT
    )
    if secured:
        raise Rejected(
            f"Flink jobs cannot yet use a broker with {', '.join(secured)}",
            still_true="Nothing was changed.",
            next_step="give the environment a PLAINTEXT listener in headgate.toml",
        )
    return {"properties.bootstrap.servers": kafka["bootstrap.servers"]}


_PLAINTEXT = ("security.protocol", "PLAINTEXT")


def _avro(
    prefix: str, format_option: str, schema: str, environment: NamedEnvironment
) -> dict[str, str]:
    """With the schema given, Flink writes exactly it and registering it changes nothing."""
    registry = environment.settings.registry
    if any((registry.user, registry.password, registry.ca, registry.certificate)):
        raise Rejected(
            "Flink jobs cannot yet use a registry that asks for a password or a certificate, or "
            "has a CA of its own",
            still_true="Nothing was changed.",
            next_step="give the environment a registry without one in headgate.toml",
        )
    return {
        format_option: "avro-confluent",
        f"{prefix}avro-confluent.url": registry.url,
        f"{prefix}avro-confluent.schema": schema,
    }


def _flink_duration(duration: timedelta) -> str:
    return f"{milliseconds(duration)} ms"
