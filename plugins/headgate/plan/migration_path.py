"""The way of a topic to a schema that its registered versions do not allow: pure.

The changed schema gets a topic of its own, both topics are written for a while, readers move over
one by one, and the old topic ends last. No reader ever meets a record that it cannot read.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headgate.ids import FlinkLineName, JobName, TopicName, sql_identifier
from headgate.plan.copy_job import CopyJob, copy_job
from headgate.plan.topic_use import TopicUse
from headgate.spec.declared import AvroSchema

_NUMBERED = re.compile(r"(.+)-v([0-9]+)")


@dataclass(frozen=True)
class Step:
    """One step, to be finished before the next begins."""

    title: str
    why: str
    does: tuple[str, ...]
    """Commands, and edits as `FILE: what`; in this order."""
    is_done: bool = False


@dataclass(frozen=True)
class Migration:
    """What the way depends on."""

    topic: TopicName
    new_topic: TopicName
    version: int
    """Registered version that the old topic keeps."""
    before: AvroSchema
    """Value schema of that version, whole."""
    after: AvroSchema
    """Value schema of the new topic, whole."""
    uses: Sequence[TopicUse]
    line: FlinkLineName
    """Flink line of a job that copies records, where one is needed."""
    is_written: bool
    """The new topic's folder is there already."""


@dataclass(frozen=True)
class MigrationPath:
    """The whole way."""

    topic: TopicName
    new_topic: TopicName
    breaks: tuple[str, ...]
    """Why the new schema cannot be a further version."""
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def next_name(topic: TopicName, taken: Collection[str]) -> TopicName:
    """`readings` → `readings-v2`, `readings-v2` → `readings-v3`; the next that is free."""
    numbered = _NUMBERED.fullmatch(topic)
    stem, number = (numbered[1], int(numbered[2])) if numbered else (topic, 1)
    while True:
        number += 1
        name = TopicName(f"{stem}-v{number}")
        if name not in taken:
            return name


def migration_steps(migration: Migration) -> tuple[Step, ...]:
    """The steps in their order."""
    writers = _jobs(migration.uses, "writes")
    copy = (
        None
        if writers
        else copy_job(
            migration.topic, migration.new_topic, migration.before, migration.after, migration.line
        )
    )
    return (
        _files(migration),
        _creation(migration.new_topic),
        *(_second_writer(migration, job) for job in writers),
        *([_copying(copy)] if copy else []),
        *_readers(migration),
        *(_end_of_writer(migration, job) for job in writers),
        *([_end_of_copying(migration, copy)] if copy else []),
        _end(migration),
    )


def _files(migration: Migration) -> Step:
    old, new = migration.topic, migration.new_topic
    return Step(
        "Give the new schema a topic of its own",
        f"schemas/{new}/ gets the changed schema and a copy of topic.yaml; schemas/{old}/ gets "
        f"back what is registered as version {migration.version}.",
        (f"headgate schema migrate {old} --to {new} --write",),
        is_done=migration.is_written,
    )


def _creation(new: TopicName) -> Step:
    return Step(
        "Create the new topic",
        f"The plan creates subject {new}-value and topic {new}, and changes nothing else.",
        (
            f"schemas/{new}/topic.yaml: description, and retention if it shall differ",
            "headgate plan",
            "headgate apply",
        ),
    )


def _second_writer(migration: Migration, job: JobName) -> Step:
    old, new = migration.topic, migration.new_topic
    second = _second(migration, job)
    return Step(
        f"Write both topics: {job} goes on, {second} begins beside it",
        f"{second} reads its sources from the earliest record that they still hold, so {new} gets "
        "the history too, and then keeps up. Nothing changes for readers yet.",
        (
            f"cp -r flink_jobs/{job} flink_jobs/{second}",
            f"flink_jobs/{second}/job.yaml: `sinks: [{new}]`; `start: earliest` for each source",
            f"flink_jobs/{second}/: write {sql_identifier(new)}, not {sql_identifier(old)}",
            "headgate lint --sql",
            f"headgate deploy {second}",
            f"headgate status {second}",
        ),
    )


def _copying(copy: CopyJob) -> Step:
    why = (
        "No job of this project writes the topic, so its programs go on writing the old one, and "
        f"this job turns each record into one of {copy.new_topic}, the history first."
    )
    if copy.event_time is None:
        return Step(
            "Copy the records into the new topic",
            "No field of the old records can be an event time, so no Flink job can read them. Let "
            "a program of your own copy them, or the writers write both topics.",
            (f"headgate tail {copy.topic} --json --from earliest: the records to be copied",),
        )
    folder = f"flink_jobs/{copy.job}"
    open_fields = [f"{folder}/job.sql: say what {', '.join(copy.to_say)} shall be"]
    return Step(
        "Copy the records into the new topic, and keep copying",
        why,
        (
            f"{folder}/job.yaml:\n{copy.job_yaml}",
            f"{folder}/job.sql:\n{copy.job_sql}",
            *(open_fields if copy.to_say else ()),
            "headgate lint --sql",
            f"headgate deploy {copy.job}",
            f"headgate status {copy.job}",
        ),
    )


def _readers(migration: Migration) -> Iterator[Step]:
    old, new = migration.topic, migration.new_topic
    for job in _jobs(migration.uses, "reads"):
        folder = f"flink_jobs/{job}"
        yield Step(
            f"Move the reader {job}",
            "It is stopped with a savepoint, which is kept. Its state belongs to the old topic, so "
            "it begins empty on the new one and publishes again what it has published, with equal "
            "keys. Only its very first window may lack records from before its start: begin with "
            "`earliest`, or with a record time whose results nobody looks at any more.",
            (
                f"headgate stop {job}",
                f"{folder}/job.yaml: in `sources`, {new} for {old}, and `start: earliest`",
                f"{folder}/: read {sql_identifier(new)}, not {sql_identifier(old)}",
                "headgate lint --sql",
                f"headgate deploy {job} --start-empty",
                f"headgate status {job}",
            ),
        )
    yield Step(
        "Move the readers outside this project",
        f"Programs that read {old} have no folder here, so nobody but their owners can tell.",
        (f"headgate contract {old}: no job may be left that reads it",),
    )


def _end_of_writer(migration: Migration, job: JobName) -> Step:
    return Step(
        f"End the old writer {job}",
        f"Nobody reads {migration.topic} any more. What {job} writes besides needs a writer first.",
        (f"headgate stop {job}", f"git rm -r flink_jobs/{job}"),
    )


def _end_of_copying(migration: Migration, copy: CopyJob) -> Step:
    if copy.event_time is None:
        does: tuple[str, ...] = (f"the programs: write {migration.new_topic} alone",)
    else:
        does = (
            f"the programs: stop writing {migration.topic}",
            f"headgate status {copy.job}: until it reads no more records",
            f"headgate stop {copy.job}",
            f"the programs: write {migration.new_topic}",
            f"git rm -r flink_jobs/{copy.job}",
        )
    return Step(
        "Move the writers",
        "The copy ends before the programs write the new topic themselves, so that the order per "
        "key holds.",
        does,
    )


def _end(migration: Migration) -> Step:
    old = migration.topic
    return Step(
        "End the old topic",
        "Deleting needs the mark and an approval, and is refused while a job uses the topic. Its "
        "schemas stay in the registry.",
        (
            f"headgate contract {old}: no job",
            f"schemas/{old}/topic.yaml: `deletion: {{reason: replaced by {migration.new_topic}}}`",
            "headgate plan",
            "headgate apply --approve",
            f"git rm -r schemas/{old}",
        ),
    )


def _second(migration: Migration, job: JobName) -> JobName:
    taken = {use.job for use in migration.uses}
    return JobName(next_name(TopicName(job), taken))


def _jobs(uses: Sequence[TopicUse], how: str) -> list[JobName]:
    return [use.job for use in uses if use.how == how]
