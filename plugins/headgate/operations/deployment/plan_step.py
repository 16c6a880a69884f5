"""First step of a deployment: look at everything, then decide. Reads only."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from headgate.errors import NeedsOperator, Rejected
from headgate.ids import Digest, FlinkLineName, TopicName, flink_job_id
from headgate.ledger.records import Json
from headgate.operations.deployment.bound_job import BoundJob, bind
from headgate.operations.deployment.facts import gather_facts
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.operations.ledger_age import refuse_older_ledger
from headgate.operations.restoring.surely_gone import not_surely_gone
from headgate.operations.services import Services
from headgate.plan.deploy import (
    Deployment,
    Facts,
    Refusal,
    plan_deployment,
)


class PlanDeployment(OnlyLooks):
    """Evidence: the decision, and what of the declaration the later steps need."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Look and plan"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The declaration that was asked for."""
        return {"spec_digest": run.operation.request["spec_digest"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide, or say why not."""
        bound = bind(run.services, run.job, Digest(intention.intent["spec_digest"]))
        _refuse_missing_topics(run.services, bound)
        start_empty = bool(run.operation.request.get("start_empty"))
        refuse_older_ledger(run.services, run.job, gives_state_up=start_empty)
        unclear = _not_surely_gone(run, intention)
        if unclear is not None:
            return unclear
        accept_age = bool(run.operation.request.get("accept_age"))
        facts = gather_facts(run.services, bound, start_empty=start_empty, accept_age=accept_age)
        decision = plan_deployment(facts)
        if isinstance(decision, Refusal):
            kind = NeedsOperator if decision.for_operator else Rejected
            raise kind(
                decision.what, still_true="Nothing was changed.", next_step=decision.next_step
            )
        return Done(_evidence(bound, facts, _with_unused_id(run, facts.line, decision)))


def _not_surely_gone(run: Run, intention: Intention) -> Pending | None:
    deployments = run.services.ledger.deployments(run.job)
    if not deployments:
        return None
    latest = deployments[0]
    picture = run.services.flink(latest.line).job(latest.flink_job_id)
    return not_surely_gone(run, intention, latest, picture)


def _evidence(bound: BoundJob, facts: Facts, decision: Deployment) -> dict[str, Any]:
    spec = bound.job.spec
    return {
        "action": decision.action,
        "generation": decision.generation,
        "attempt": decision.attempt,
        "restore_from": decision.restore_from,
        "restores_snapshot": decision.restores_snapshot,
        "stop": decision.stop,
        "state_of": decision.state_of,
        "state_format": decision.state_format,
        "kind": bound.job.kind,
        "line": spec.flink,
        "flink_version": facts.flink_version,
        "parallelism": spec.parallelism,
        "reads": sorted(spec.sources),
        "writes": sorted(spec.sinks),
        "spec_digest": bound.job.digest,
        "plan_digest": bound.plan_digest,
        "checkpoints": spec.health.checkpoints,
        "deadline_seconds": spec.health.deadline.total_seconds(),
        "note": decision.reason,
    }


def _with_unused_id(run: Run, line: FlinkLineName, decision: Deployment) -> Deployment:
    """The decision with an attempt whose id Flink has not seen end: it takes each id only once.

    A ledger that was lost knows nothing of the ids that were used.
    """
    client, environment = run.services.flink(line), run.services.environment.name
    while decision.action != "keep":
        job_id = flink_job_id(environment, run.job, decision.generation, decision.attempt)
        picture = client.job(job_id)
        if picture is None or not picture.is_terminal:
            break
        decision = replace(decision, attempt=decision.attempt + 1)
    return decision


def _refuse_missing_topics(services: Services, bound: BoundJob) -> None:
    spec = bound.job.spec
    names = [TopicName(name) for name in (*spec.sources, *spec.sinks)]
    there = services.kafka.topics(names)
    missing = [name for name in names if name not in there]
    if missing:
        raise Rejected(
            "\n".join(f"{bound.job.name}: topic {name} does not exist" for name in missing),
            still_true="Nothing was changed.",
            next_step="headgate plan, then headgate apply",
        )
