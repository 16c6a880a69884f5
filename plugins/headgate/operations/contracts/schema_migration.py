"""A breaking change of a schema: the way to a new topic, and its first step on the files."""

import json
from dataclasses import dataclass

from headgate.clients.kafka_topics import KafkaTopics
from headgate.clients.observed import RegisteredSchema
from headgate.errors import Rejected, SpecError
from headgate.ids import FlinkLineName, TopicName
from headgate.operations.contracts.contract_of import refuse_unknown_topic, versions_of
from headgate.operations.contracts.uses import current_uses
from headgate.operations.services import Services
from headgate.plan.compatibility import breaks
from headgate.plan.declared_subject import DeclaredSubject, declared_subjects, subjects_of
from headgate.plan.migration_path import Migration, MigrationPath, migration_steps, next_name
from headgate.spec.declared import Declared, DeclaredTopic
from headgate.spec.load import load_declared, load_topics
from headgate.spec.names import name_problem

_BROKEN_JOBS = (
    "The jobs' files have errors (headgate lint), so only jobs that are deployed are counted."
)


@dataclass(frozen=True)
class FoundMigration:
    """The way, and what its first step puts back."""

    path: MigrationPath
    topic: DeclaredTopic
    latest: tuple[RegisteredSchema, ...]
    """Newest version of each of the topic's subjects."""
    is_written: bool


def find_migration(services: Services, name: TopicName, to: TopicName | None) -> FoundMigration:
    """The way of a topic whose declared schema breaks its registered versions.

    Once the first step is made, `to` names the new topic. Raises Rejected where there is nothing
    to migrate, SpecError for wrong files, Unavailable where a server does not answer.
    """
    declared, notes = _declared(services)
    refuse_unknown_topic(name, declared.topics)
    topic = declared.topics[name]
    successor = declared.topics.get(to) if to else None
    versions = {
        subject.name: tuple(versions_of(services.registry, subject.name))
        for subject in declared_subjects([topic])
    }
    _check_types(topic, versions)
    found = _breaks(topic, topic, versions)
    is_written = successor is not None and not found
    if successor is not None and not found:
        found = _breaks(topic, successor, versions)
    if not found:
        raise Rejected(
            f"topic {name}: the declared schema is compatible with every version that "
            f"{topic.spec.compatibility} asks for, so there is nothing to migrate",
            still_true="Nothing was changed.",
            next_step="headgate plan; if the first step is made already: "
            f"headgate schema migrate {name} --to NEW_TOPIC",
        )
    new = _new_name(services, name, to, declared, is_written=is_written)
    latest = tuple(versions[one.name][-1] for one in subjects_of(topic) if versions[one.name])
    after = successor if successor is not None and is_written else topic
    migration = Migration(
        name,
        new,
        latest[0].version,
        json.loads(latest[0].whole_text),
        after.value_schema,
        current_uses(services, declared).get(name, ()),
        FlinkLineName(max(services.environment.settings.flink, default="2.2")),
        is_written,
    )
    path = MigrationPath(name, new, found, migration_steps(migration), notes)
    return FoundMigration(path, topic, latest, is_written)


def _declared(services: Services) -> tuple[Declared, tuple[str, ...]]:
    """A changed schema may be the very reason why a job does not lint."""
    try:
        return load_declared(services.project), ()
    except SpecError:
        return Declared(load_topics(services.project), {}), (_BROKEN_JOBS,)


def _breaks(
    topic: DeclaredTopic,
    schemas: DeclaredTopic,
    versions: dict[str, tuple[RegisteredSchema, ...]],
) -> tuple[str, ...]:
    """Breaks between the registered versions of one topic and the schemas of one."""
    found: list[str] = []
    for old, new in zip(subjects_of(topic), subjects_of(schemas), strict=False):
        found += breaks(new.whole, versions[old.name], topic.spec.compatibility)
    return tuple(found)


def _check_types(topic: DeclaredTopic, versions: dict[str, tuple[RegisteredSchema, ...]]) -> None:
    own = {subject.name for subject in subjects_of(topic)}
    for subject in declared_subjects([topic]):
        if subject.name not in own and _is_broken(subject, versions[subject.name]):
            raise Rejected(
                f"the shared type {subject.name} itself breaks its registered versions, and it is "
                "part of every topic that uses it",
                still_true="Nothing was changed.",
                next_step=f"put schemas/_types/{subject.name}.avsc back, write the changed type "
                f"under a new name, use that in schemas/{topic.name}/value.avsc, and run "
                f"headgate schema migrate {topic.name} again",
            )


def _is_broken(subject: DeclaredSubject, versions: tuple[RegisteredSchema, ...]) -> bool:
    return bool(breaks(subject.whole, versions, subject.level))


def _new_name(
    services: Services,
    name: TopicName,
    to: TopicName | None,
    declared: Declared,
    *,
    is_written: bool,
) -> TopicName:
    if to is not None and is_written:
        return to
    there = KafkaTopics(services.environment.settings.kafka).look([]).all_names
    taken = {*declared.topics, *there}
    if to is None:
        return next_name(name, taken)
    problem = name_problem(to) or (
        f"topic {to} exists already, so it cannot be the new one" if to in taken else None
    )
    if problem:
        raise Rejected(
            problem,
            still_true="Nothing was changed.",
            next_step=f"headgate schema migrate {name} --to {next_name(name, taken)}",
        )
    return to
