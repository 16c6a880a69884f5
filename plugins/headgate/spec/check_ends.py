"""Checks between jobs and topics: what jobs read and write exists, and fits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from headgate.errors import Finding
from headgate.spec.avro_names import field_named, field_names, is_nullable, logical_type
from headgate.spec.columns import unwritable_fields
from headgate.spec.document import Place
from headgate.spec.load_job import LoadedJob
from headgate.spec.load_topic import LoadedTopic
from headgate.spec.suggestion import did_you_mean


def check_job_topics(loaded: LoadedJob, topics: Mapping[str, LoadedTopic]) -> Iterator[Finding]:
    """What a job reads and writes exists and fits. `topics` has also those with errors."""
    spec, document = loaded.spec, loaded.document
    values = {name: topic.value.value for name, topic in topics.items() if topic.value}
    for name, source in spec.sources.items():
        place = ("sources", name)
        if name not in topics:
            yield document.finding(_no_topic("sources", name, topics), *place)
        elif name in values:
            problem = event_time_problem(name, values[name], source.event_time)
            if problem:
                yield document.finding(
                    f"sources.{name}.event_time: {problem}", *place, "event_time"
                )
    for index, name in enumerate(spec.sinks):
        sink: Place = ("sinks", index)
        if name not in topics:
            yield document.finding(_no_topic("sinks", name, topics), *sink)
        elif name in values:
            for problem in unwritable_fields(values[name], spec.flink).values():
                yield document.finding(f"sinks: '{name}' cannot be written: {problem}", *sink)
    yield from _check_bounds(loaded, values)


def _check_bounds(loaded: LoadedJob, values: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    spec, document = loaded.spec, loaded.document
    for name, field in spec.handover.bound.items():
        place = ("handover", "bound", name)
        if name not in spec.sinks:
            word = did_you_mean(name, spec.sinks)
            yield document.finding(f"handover.bound: '{name}' is no sink of this job{word}", *place)
        elif name in values and (problem := event_time_problem(name, values[name], field)):
            yield document.finding(f"handover.bound.{name}: {problem}", *place)


def event_time_problem(topic: str, record: Mapping[str, Any], name: str) -> str | None:
    """Why a field of a topic's record cannot be the event time, or None if it can."""
    field = field_named(record, name)
    if field is None:
        return f"'{topic}' has no field '{name}'{did_you_mean(name, field_names(record))}"
    if is_nullable(field["type"]):
        return f"'{name}' may be null, and an event time must not be"
    if logical_type(field["type"]) != ("long", "timestamp-millis"):
        return f"'{name}' is not a timestamp-millis"
    return None


def check_writers(jobs: Sequence[LoadedJob]) -> Iterator[Finding]:
    """No topic is written by two jobs, whose results nobody could tell apart."""
    writers: dict[str, list[LoadedJob]] = {}
    for loaded in jobs:
        for sink in dict.fromkeys(loaded.spec.sinks):
            writers.setdefault(sink, []).append(loaded)
    for topic, several in writers.items():
        if len(several) == 1:
            continue
        for loaded in several:
            others = " and ".join(f"'{other.name}'" for other in several if other is not loaded)
            message = (
                f"sinks: '{topic}' is written by '{loaded.name}' and by {others}; "
                "give each job a topic of its own"
            )
            yield loaded.document.finding(message, "sinks", loaded.spec.sinks.index(topic))


def _no_topic(key: str, name: str, topics: Collection[str]) -> str:
    return f"{key}: there is no topic '{name}' (schemas/{name}/){did_you_mean(name, topics)}"
