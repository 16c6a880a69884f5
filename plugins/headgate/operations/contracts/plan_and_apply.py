"""Schemas and topics: observe, plan, apply. Every surface walks this one path."""

from collections.abc import Mapping

from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.registry import Registry
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import TopicName
from headgate.observe.subjects import observe_subjects
from headgate.observe.topics import observe_topics
from headgate.operations.contracts.apply_result import ApplyResult, ItemResult, Progress
from headgate.operations.contracts.apply_schemas import apply_schemas
from headgate.operations.contracts.apply_topics import apply_topics, refusals_by_brokers
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import ObservedContracts, Part, contract_plan
from headgate.plan.schema_form import same_schema
from headgate.plan.subjects import declared_subjects
from headgate.spec.declared import DeclaredTopic, NamedEnvironment

__all__ = ["ApplyResult", "apply_contracts", "observe_contracts", "plan_contracts"]

DeclaredTopics = Mapping[TopicName, DeclaredTopic]


def observe_contracts(
    declared: DeclaredTopics, environment: NamedEnvironment, only: Part | None = None
) -> ObservedContracts:
    """What Kafka and the registry have of what is declared. Changes nothing."""
    topics = (
        {}
        if only == "schemas"
        else observe_topics(KafkaAdmin(environment.settings.kafka), declared)
    )
    texts = {
        subject: text
        for topic in declared.values()
        for subject, text in declared_subjects(topic).items()
    }
    subjects = (
        {}
        if only == "topics"
        else observe_subjects(Registry(environment.settings.registry), texts, same_schema)
    )
    return ObservedContracts(topics, subjects)


def plan_contracts(
    declared: DeclaredTopics, environment: NamedEnvironment, only: Part | None = None
) -> Plan:
    """What would be changed. Changes nothing.

    The brokers check each change of a topic too (`validate_only`); what they would refuse, a
    replication factor above the number of brokers or a policy of theirs, is refused in the plan.
    """
    plan = contract_plan(declared, observe_contracts(declared, environment, only), only)
    if only == "schemas":
        return plan
    return plan.with_refusals(refusals_by_brokers(plan, KafkaAdmin(environment.settings.kafka)))


def apply_contracts(
    plan: Plan,
    declared: DeclaredTopics,
    environment: NamedEnvironment,
    *,
    only: Part | None = None,
    approved: bool = False,
    progress: Progress = lambda _line: None,
) -> ApplyResult:
    """Make the changes of a plan that was shown, with one result each.

    Everything is planned anew first, and nothing is done if that is not the same plan: what was
    shown is what is done. A retry therefore plans again, and finds what the first try did.
    Schemas come first; unless all of them are registered, no topic is changed.
    Raises Rejected (a refused change, or another plan) and NeedsOperator (changes that need an
    approval which is not given) before anything is changed.
    """
    _check(plan, approved=approved)
    if plan_contracts(declared, environment, only) != plan:
        raise Rejected(
            "Kafka, the registry or the files changed since the plan was made",
            still_true="Nothing was changed.",
            next_step="headgate plan",
        )
    schemas = [change for change in plan.pending if change.kind in ("subject", "level")]
    topics = [change for change in plan.pending if change.kind not in ("subject", "level")]
    results: list[ItemResult] = []
    if schemas:
        results += apply_schemas(schemas, Registry(environment.settings.registry), progress)
    if all(result.outcome == "ok" for result in results):
        admin = KafkaAdmin(environment.settings.kafka)
        results += apply_topics(topics, admin, progress) if topics else []
    else:
        results += [
            ItemResult(change, "skipped", "not every schema is registered") for change in topics
        ]
    return ApplyResult(tuple(results))


def _check(plan: Plan, *, approved: bool) -> None:
    if plan.refused:
        raise Rejected(
            "\n".join(f"{_titled(change)}: {change.reason}" for change in plan.refused),
            still_true="Nothing was changed: a refused change stops all others.",
            next_step="correct what is declared, then run `headgate plan`",
        )
    if plan.needs_approval and not approved:
        raise NeedsOperator(
            "\n".join(f"{_titled(change)}: {change.reason}" for change in plan.needs_approval),
            still_true="Nothing was changed: these changes need an approval.",
            next_step="headgate apply --approve",
        )


def _titled(change: Change) -> str:
    return f"{change.kind} {change.name}"
