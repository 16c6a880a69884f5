"""The subjects that the files declare: pure, from topics and the types they share."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from headgate.spec.avro_inlining import inlined, types_used
from headgate.spec.declared import DeclaredTopic, DeclaredType
from headgate.spec.topic import Level

LEVEL_OF_TYPES: Level = "FULL_TRANSITIVE"
"""A shared type is part of many schemas, so it may change only as the strictest of them."""


@dataclass(frozen=True, order=True)
class TypeReference:
    """A declared type that a schema names."""

    name: str
    """Full name of the Avro type."""
    subject: str
    """Where the type is registered."""


@dataclass(frozen=True)
class DeclaredSubject:
    """One subject as it shall be in the registry."""

    name: str
    text: str
    """The schema as written, which is what is registered."""
    whole: str
    """The schema with every declared type in its place: what is compared."""
    references: tuple[TypeReference, ...]
    """Types that `text` names but does not define."""
    level: Level


def declared_subjects(topics: Iterable[DeclaredTopic]) -> tuple[DeclaredSubject, ...]:
    """All subjects of the topics in the order in which they can be registered.

    Shared types come first, each once and behind those that it uses itself; then value and key of
    each topic.
    """
    topics = tuple(topics)
    types = {one.name: one for topic in topics for one in topic.types}
    of_types = tuple(_of_type(one, types) for one in types.values())
    return of_types + tuple(subject for topic in topics for subject in subjects_of(topic))


def subjects_of(topic: DeclaredTopic) -> tuple[DeclaredSubject, ...]:
    """The topic's own subjects, value first, named as the topic name strategy has it."""
    written = topic.value_schema if topic.value_as_written is None else topic.value_as_written
    names = types_used(written, {one.name: one for one in topic.types})
    level = topic.spec.compatibility
    whole = json.dumps(topic.value_schema)
    value = DeclaredSubject(
        f"{topic.name}-value", json.dumps(written), whole, _references(names), level
    )
    if topic.key_schema is None:
        return (value,)
    key = json.dumps(topic.key_schema)
    return value, DeclaredSubject(f"{topic.name}-key", key, key, (), level)


def _of_type(declared: DeclaredType, types: dict[str, DeclaredType]) -> DeclaredSubject:
    whole = inlined(declared.schema, {name: one.schema for name, one in types.items()})
    return DeclaredSubject(
        declared.name,
        json.dumps(declared.schema),
        json.dumps(whole),
        _references(declared.uses),
        LEVEL_OF_TYPES,
    )


def _references(names: Iterable[str]) -> tuple[TypeReference, ...]:
    return tuple(TypeReference(name, name) for name in names)
