"""The contract of one topic: files, brokers, registry and ledger read together. Changes nothing."""

from collections.abc import Collection, Iterator
from datetime import UTC

from headgate.clients.kafka_topics import KafkaTopics
from headgate.clients.observed import RegisteredSchema
from headgate.clients.registry import Registry
from headgate.errors import Rejected
from headgate.ids import TopicName
from headgate.ledger.records import ContractRunRecord
from headgate.observe.subjects import observe_subjects
from headgate.operations.contracts.uses import current_uses
from headgate.operations.services import Services
from headgate.plan.contracts import DeclaredContracts, ObservedContracts, contract_plan
from headgate.plan.declared_subject import declared_subjects, subjects_of
from headgate.plan.topic_contract import Applied, TopicContract, topic_contract
from headgate.spec.load import load_declared
from headgate.spec.suggestion import did_you_mean


def contract_of(services: Services, name: TopicName) -> TopicContract:
    """What a topic promises, what of it is in force, and who depends on it.

    Raises Rejected for a topic that is not declared, SpecError for wrong files, Unavailable where
    a server or the ledger does not answer.
    """
    declared = load_declared(services.project)
    refuse_unknown_topic(name, declared.topics)
    topic, settings = declared.topics[name], services.environment.settings
    uses = current_uses(services, declared)
    contracts = DeclaredContracts({name: topic}, uses, services.clock.now().astimezone(UTC).date())
    seen = KafkaTopics(settings.kafka).look([name])
    subjects = observe_subjects(settings.registry, declared_subjects([topic]))
    plan = contract_plan(contracts, ObservedContracts(seen.topics, subjects, seen.cluster_id))
    own = [subject.name for subject in subjects_of(topic)]
    return topic_contract(
        topic,
        seen.topics.get(name),
        [version for subject in own for version in versions_of(services.registry, subject)],
        levels={subject: subjects[subject].level for subject in own if subject in subjects},
        uses=uses.get(name, ()),
        changes=plan.changes,
        applied=[one for run in reversed(services.ledger.contract_runs()) for one in _applied(run)],
    )


def refuse_unknown_topic(name: TopicName, known: Collection[TopicName]) -> None:
    """Raises Rejected, with the name that may have been meant, if the name is unknown."""
    if name not in known:
        raise Rejected(
            f"there is no topic {name!r} in schemas/{did_you_mean(name, known)}",
            still_true="Nothing was changed.",
            next_step=f"if Kafka has it already: headgate import {name}; a new one is a folder "
            "in schemas/",
        )


def versions_of(registry: Registry, subject: str) -> Iterator[RegisteredSchema]:
    """Every registered version of a subject, oldest first."""
    for number in registry.versions(subject):
        yield registry.version(subject, number)


def _applied(run: ContractRunRecord) -> Iterator[Applied]:
    """Schemas that a run has registered."""
    for item in run.items:
        if item["kind"] == "subject" and item["outcome"] == "ok" and "schema" in item["after"]:
            at = run.ended_at or run.started_at
            yield Applied(item["name"], item["after"]["schema"], at, run.surface, run.approved_by)
