"""The plan over all schemas and topics: pure, from what is declared and what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from headgate.clients.observed import ExpiringRecords, ObservedSubject, ObservedTopic
from headgate.ids import TopicName
from headgate.plan.change import Change, Plan
from headgate.plan.declared_subject import declared_subjects
from headgate.plan.subjects import plan_subject
from headgate.plan.topic_use import TopicUses
from headgate.plan.topics import plan_topic
from headgate.spec.declared import DeclaredTopic

Part = Literal["schemas", "topics"]
"""One half of the contracts, where a plan is made for that half alone."""


@dataclass(frozen=True)
class DeclaredContracts:
    """What shall be there, and who depends on it."""

    topics: Mapping[TopicName, DeclaredTopic]
    uses: TopicUses
    today: date
    """The day of the plan, in UTC: a leave to add partitions ends."""


@dataclass(frozen=True)
class ObservedContracts:
    """What Kafka and the registry have of what is declared; what they do not have is missing."""

    topics: Mapping[TopicName, ObservedTopic]
    subjects: Mapping[str, ObservedSubject]
    cluster_id: str = ""
    """Of the Kafka cluster; empty where only schemas were looked at."""
    unknown_topics: tuple[TopicName, ...] = ()
    """Topics under an owned prefix that are not declared."""
    expiring: Mapping[TopicName, ExpiringRecords] = field(default_factory=dict)
    """What would be deleted of each topic whose declared retention time is shorter."""


def contract_plan(
    declared: DeclaredContracts, observed: ObservedContracts, only: Part | None = None
) -> Plan:
    """Schemas first, then topics; nothing is deleted because it is not declared.

    The subjects of a topic that shall be deleted stay as they are.
    """
    changes: list[Change] = []
    topics = [declared.topics[name] for name in sorted(declared.topics)]
    if only != "topics":
        kept = [topic for topic in topics if topic.spec.deletion is None]
        for subject in declared_subjects(kept):
            changes += plan_subject(subject, observed.subjects.get(subject.name))
    if only != "schemas":
        for topic in topics:
            changes += plan_topic(
                topic,
                observed.topics.get(topic.name),
                uses=declared.uses.get(topic.name, ()),
                expiring=observed.expiring.get(topic.name),
                today=declared.today,
            )
    return Plan(tuple(changes), observed.unknown_topics if only != "schemas" else ())


def is_of_schemas(change: Change) -> bool:
    """Whether the registry makes the change; else the brokers do."""
    return change.kind in ("subject", "level")
