"""A job that copies the records of one topic into another with a changed schema, as a draft."""

from dataclasses import dataclass

from headgate.ids import FlinkLineName, JobName, TopicName, sql_identifier
from headgate.spec.avro_names import is_nullable, logical_type
from headgate.spec.columns import Column, columns_of_record
from headgate.spec.declared import AvroSchema

_SAY_WHAT = "SAY_WHAT"
"""Stands where a person has to write an expression; `headgate lint --sql` finds one left over."""


@dataclass(frozen=True)
class CopyJob:
    """The files of the job. Without an event time there is no such job."""

    job: JobName
    topic: TopicName
    new_topic: TopicName
    event_time: str | None
    job_yaml: str
    job_sql: str
    to_say: tuple[str, ...]
    """Fields of the new topic that the old one does not give, or not in every record."""


def copy_job(
    topic: TopicName,
    new_topic: TopicName,
    before: AvroSchema,
    after: AvroSchema,
    line: FlinkLineName,
) -> CopyJob:
    """The draft: fields of the same name are copied, cast where the type differs."""
    job = JobName(f"{new_topic}-copy")
    event_time = _event_time(before)
    there = {column.name: column for column in columns_of_record(before)}
    columns = columns_of_record(after)
    selected = {column.name: _expression(column, there.get(column.name)) for column in columns}
    listed = ",\n".join(f"  {expression}" for expression in selected.values())
    return CopyJob(
        job,
        topic,
        new_topic,
        event_time,
        job_yaml=(
            f"description: Records of {topic} in the form of {new_topic}.\n"
            "owner: unknown\n"
            f'flink: "{line}"\n'
            "sources:\n"
            f"  {topic}:\n"
            f"    event_time: {event_time}\n"
            "    start: earliest\n"
            f"sinks: [{new_topic}]\n"
        ),
        job_sql=(
            f"INSERT INTO {sql_identifier(new_topic)}\n"
            f"SELECT\n{listed}\n"
            f"FROM {sql_identifier(topic)};\n"
        ),
        to_say=tuple(name for name in selected if _SAY_WHAT in selected[name]),
    )


def _event_time(record: AvroSchema) -> str | None:
    for field in record["fields"]:
        kind = field["type"]
        if not is_nullable(kind) and logical_type(kind) == ("long", "timestamp-millis"):
            return str(field["name"])
    return None


def _expression(column: Column, old: Column | None) -> str:
    name = f"`{column.name}`"
    if old is None:
        unknown = _SAY_WHAT if column.not_null else f"CAST(NULL AS {column.sql_type})"
        return f"{unknown} AS {name}"
    value = name if old.sql_type == column.sql_type else f"CAST({name} AS {column.sql_type})"
    if column.not_null and not old.not_null:
        value = f"COALESCE({value}, {_SAY_WHAT})"
    return name if value == name else f"{value} AS {name}"
