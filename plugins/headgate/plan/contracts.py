"""The plan over all schemas and topics: pure, from what is declared and what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from headgate.clients.observed import ObservedSubject, ObservedTopic
from headgate.ids import TopicName
from headgate.plan.change import Change, Plan
from headgate.plan.subjects import declared_subjects, plan_subject
from headgate.plan.topics import plan_topic
from headgate.spec.declared import DeclaredTopic

Part = Literal["schemas", "topics"]
"""One half of the contracts, where a plan is made for that half alone."""


@dataclass(frozen=True)
class ObservedContracts:
    """What Kafka and the registry have of what is declared; what they do not have is missing."""

    topics: Mapping[TopicName, ObservedTopic]
    subjects: Mapping[str, ObservedSubject]


def contract_plan(
    declared: Mapping[TopicName, DeclaredTopic],
    observed: ObservedContracts,
    only: Part | None = None,
) -> Plan:
    """Schemas first, then topics; nothing is deleted because it is not declared."""
    changes: list[Change] = []
    topics = [declared[name] for name in sorted(declared)]
    if only != "topics":
        for topic in topics:
            for subject, text in declared_subjects(topic).items():
                changes += plan_subject(subject, text, observed.subjects.get(subject))
    if only != "schemas":
        for topic in topics:
            changes += plan_topic(topic, observed.topics.get(topic.name))
    return Plan(tuple(changes))
