"""Schemas and topics: observe, plan, apply. Every surface walks this one path."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC
from uuid import uuid4

from headgate.errors import NeedsOperator, Rejected
from headgate.ids import JobName, TopicName
from headgate.ledger.records import ContractRunRecord
from headgate.observe.expiring import observe_expiring
from headgate.observe.subjects import observe_subjects
from headgate.observe.topics import observe_topics, unknown_topics
from headgate.operations.contracts.apply_result import ApplyResult, ItemResult, Progress
from headgate.operations.contracts.apply_schemas import apply_schemas
from headgate.operations.contracts.apply_topics import apply_topics, refusals_by_brokers
from headgate.operations.contracts.planned import PlannedContracts, digest_of_files
from headgate.operations.contracts.uses import current_uses
from headgate.operations.services import Services
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import (
    DeclaredContracts,
    ObservedContracts,
    Part,
    contract_plan,
    is_of_schemas,
)
from headgate.plan.declared_subject import declared_subjects
from headgate.plan.saved_plan import differences, read_saved_plan
from headgate.plan.topics import shortened_retention
from headgate.spec.load import SCHEMAS, load_declared

__all__ = ["ApplyResult", "PlannedContracts", "apply_contracts", "plan_as_saved", "plan_contracts"]

_NOTHING = ObservedContracts({}, {})


def plan_contracts(services: Services, only: Part | None = None) -> PlannedContracts:
    """What would be changed. Changes nothing.

    The brokers check each change of a topic too (`validate_only`); what they would refuse, a
    replication factor above the number of brokers or a policy of theirs, is refused in the plan.
    Raises SpecError for wrong files, Unavailable where a server or the ledger does not answer.
    """
    declared = load_declared(services.project)
    contracts = DeclaredContracts(
        topics=declared.topics,
        uses={} if only == "schemas" else current_uses(services, declared),
        today=services.clock.now().astimezone(UTC).date(),
    )
    observed = _observe(services, contracts, only)
    plan = contract_plan(contracts, observed, only)
    if only != "schemas":
        plan = plan.with_refusals(refusals_by_brokers(plan, services.kafka))
    return PlannedContracts(
        plan,
        contracts,
        observed,
        only,
        services.environment.name,
        digest_of_files(services.project / SCHEMAS),
    )


def plan_as_saved(services: Services, text: str, file: str) -> PlannedContracts:
    """The plan of a file, made anew. Raises Rejected if it would be another one by now."""
    changes, saved = read_saved_plan(text, file)
    planned = plan_contracts(services, saved.only)
    reasons = list(differences(saved, planned.origin))
    if not reasons and _effects(planned.plan.pending) != _effects(changes):
        reasons = ["this version of headgate plans other changes"]
    if reasons:
        raise Rejected(
            f"the plan in {file} no longer holds: {'; '.join(reasons)}",
            still_true="Nothing was changed.",
            next_step=f"headgate plan --out {file}, and have it reviewed again",
        )
    return planned


def apply_contracts(
    services: Services,
    planned: PlannedContracts,
    *,
    approved_by: str | None,
    surface: str,
    progress: Progress = lambda _line: None,
) -> ApplyResult:
    """Make the changes of a plan that was shown, with one result each.

    What would be changed is looked at once more, and nothing is done if it is not as planned:
    what was shown is what is done. A retry plans again, and finds what the first try did.
    Schemas come first, and unless all of them are registered no topic is changed; deletions come
    last. The ledger keeps the run, with who approved and what became of each change.

    `approved_by` names who agreed to the changes that need an approval, `surface` who or what
    runs this. Raises Rejected (a refused change, or something else changed meanwhile) and
    NeedsOperator (an approval that is not given) before anything is changed.
    """
    plan = planned.plan
    _check(plan, approved=approved_by is not None)
    if not plan.pending:
        return ApplyResult(())
    _check_unchanged(services, planned)
    run = ContractRunRecord(
        id=uuid4().hex,
        surface=surface,
        approved_by=approved_by if plan.needs_approval else None,
        cluster_id=planned.observed.cluster_id,
        state="running",
        changes=[change.to_json() for change in plan.pending],
        items=(),
        started_at=services.clock.now(),
        ended_at=None,
    )
    services.ledger.begin_contract_run(run)
    result = _apply(services, plan.pending, progress)
    services.ledger.end_contract_run(
        run.id, "complete" if result.is_complete else "incomplete", result.to_json()["items"]
    )
    return result


def _apply(services: Services, pending: Sequence[Change], progress: Progress) -> ApplyResult:
    registry = services.environment.settings.registry
    schemas = [change for change in pending if is_of_schemas(change)]
    topics = [change for change in pending if not is_of_schemas(change)]
    results = apply_schemas(schemas, registry, progress) if schemas else []
    if all(result.outcome == "ok" for result in results):
        results += apply_topics(topics, services.kafka, progress) if topics else []
    else:
        results += [
            ItemResult(change, "skipped", "not every schema is registered") for change in topics
        ]
    return ApplyResult(tuple(results))


def _observe(
    services: Services, declared: DeclaredContracts, only: Part | None
) -> ObservedContracts:
    """Kafka and the registry at the same time: neither waits for the other's answers."""
    registry = services.environment.settings.registry
    declared_here = declared_subjects(declared.topics.values()) if only != "topics" else ()
    with ThreadPoolExecutor(1) as beside:
        observing = beside.submit(observe_subjects, registry, declared_here)
        kafka = _observe_kafka(services, declared) if only != "schemas" else _NOTHING
        return replace(kafka, subjects=observing.result())


def _observe_kafka(services: Services, declared: DeclaredContracts) -> ObservedContracts:
    seen = observe_topics(services.kafka, declared.topics)
    expiring = observe_expiring(
        services.environment,
        shortened_retention(declared.topics, seen.topics),
        _readers(declared),
        services.clock.now(),
    )
    owned = services.environment.settings.owned_topic_prefixes
    unknown = unknown_topics(seen.all_names, declared.topics, owned)
    return ObservedContracts(seen.topics, {}, seen.cluster_id, unknown, expiring)


def _readers(declared: DeclaredContracts) -> Mapping[TopicName, tuple[JobName, ...]]:
    return {
        topic: tuple(use.job for use in uses if use.how == "reads" and use.is_deployed)
        for topic, uses in declared.uses.items()
    }


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


def _check_unchanged(services: Services, planned: PlannedContracts) -> None:
    """Look again at the topics and subjects that would be changed, and at nothing else."""
    changed = {change.name for change in planned.plan.pending}
    touched = {
        name: topic
        for name, topic in planned.declared.topics.items()
        if name in changed or changed & {subject.name for subject in declared_subjects([topic])}
    }
    declared = replace(planned.declared, topics=touched)
    now = contract_plan(declared, _observe(services, declared, planned.only), planned.only)
    is_same = _effects(now.pending) == _effects(planned.plan.pending)
    if not is_same or digest_of_files(services.project / SCHEMAS) != planned.files:
        raise Rejected(
            "Kafka, the registry or the files changed since the plan was made",
            still_true="Nothing was changed.",
            next_step="headgate plan",
        )


def _effects(changes: Sequence[Change]) -> list[tuple[object, ...]]:
    return [change.effect for change in changes]


def _titled(change: Change) -> str:
    return f"{change.kind} {change.name}"
