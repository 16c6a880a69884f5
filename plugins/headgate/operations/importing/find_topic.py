"""Everything that brokers and registry know about one topic that nobody declared."""

import json
from collections.abc import Callable, Mapping
from typing import get_args

from headgate.clients.observed import ObservedTopic, RegisteredSchema, SchemaReference
from headgate.clients.registry import Registry
from headgate.errors import Rejected
from headgate.ids import TopicName
from headgate.plan.imported_topic import FoundTopic, why_not
from headgate.plan.key_evidence import KeyEvidence, KeySample, key_evidence, untold
from headgate.plan.shared_types import RegisteredType
from headgate.spec.topic import Level

Sampler = Callable[[TopicName], KeySample]


def find_topic(topic: ObservedTopic, registry: Registry, sample: Sampler) -> FoundTopic:
    """One topic, its subjects and its key.

    Raises Rejected with the reason where the topic cannot be declared, and Unavailable.
    """
    value = registry.latest(f"{topic.name}-value")
    key = registry.latest(f"{topic.name}-key")
    problem = why_not(topic.name, value, key)
    if problem or value is None:
        raise Rejected(problem)
    level, remarks = _level(registry, value, key)
    evidence = _evidence(topic.name, value, sample) if key is None else None
    types = _types(registry, value.references)
    return FoundTopic(topic, value, key, level, remarks, evidence, types)


def _evidence(topic: TopicName, value: RegisteredSchema, sample: Sampler) -> KeyEvidence:
    try:
        return key_evidence(sample(topic), json.loads(value.whole_text))
    except Rejected as error:
        return untold(error.what)


def _level(
    registry: Registry, value: RegisteredSchema, key: RegisteredSchema | None
) -> tuple[str, tuple[str, ...]]:
    """The level in force for the value, and what is special about it."""
    level = registry.level(value.subject)
    remarks: list[str] = []
    if level is None:
        level = registry.level(None)
        remarks.append(
            f"Subject {value.subject} had no compatibility level of its own; {level} is the "
            "registry's. The next apply sets it on the subject."
        )
    if level not in get_args(Level):
        raise Rejected(f"the compatibility level of subject {value.subject} is {level}")
    if key is not None and registry.level(key.subject) not in (level, None):
        remarks.append(
            f"Subject {key.subject} had level {registry.level(key.subject)}; one topic has one "
            "level, and the next apply sets it."
        )
    return str(level), tuple(remarks)


def _types(
    registry: Registry, references: tuple[SchemaReference, ...]
) -> Mapping[str, RegisteredType]:
    found: dict[str, RegisteredType] = {}
    waiting = list(references)
    while waiting:
        subject = waiting.pop().subject
        latest = None if subject in found else registry.latest(subject)
        if latest is not None:
            found[subject] = RegisteredType(latest, registry.level(subject))
            waiting += latest.references
    return found
