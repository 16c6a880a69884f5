"""Earlier upgrades of a job, as the ledger has them. Reads only."""

from collections.abc import Mapping, Sequence

from headgate.ids import Digest, JobName
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.phases import why_failed
from headgate.operations.services import Services
from headgate.plan.tried_before import PastUpgrade

KIND = "upgrade"
_LATEST = 200


def past_upgrades(services: Services, job: JobName) -> Sequence[PastUpgrade]:
    """Upgrades that have ended and had planned something, the latest first."""
    return [
        past
        for operation in services.ledger.operations(job, _LATEST)
        if operation.kind == KIND
        and (past := _past(operation, evidence_of(services, operation))) is not None
    ]


def evidence_of(services: Services, operation: OperationRecord) -> Mapping[str, Json]:
    """Evidence of an operation by step, of those that are done."""
    steps = services.ledger.steps(operation.id)
    return {step.name: step.evidence for step in steps if step.state == "done"}


def _past(operation: OperationRecord, evidence: Mapping[str, Json]) -> PastUpgrade | None:
    plan = evidence.get("plan")
    if operation.state == "running" or operation.ended_at is None:
        return None
    if plan is None or plan["action"] != KIND or operation.request.get("dry_run"):
        return None
    reason = _why_the_job_failed(evidence)
    return PastUpgrade(
        spec_digest=Digest(plan["spec_digest"]),
        line=plan["line"],
        ended_at=operation.ended_at,
        state=operation.state,
        job_failed=reason is not None,
        reason=(reason or operation.reason).split("\n", 1)[0],
    )


def _why_the_job_failed(evidence: Mapping[str, Json]) -> str | None:
    watched = evidence.get("rehearse.watch")
    if watched is not None and watched["verdict"] != "proven":
        return str(watched["reason"])
    in_phase = ("submit", "restored", "caught_up", "healthy", "agree", "pass")
    tried = (*(f"cut_over.{step}" for step in in_phase), "watch")
    return next((why for step in tried if (why := why_failed(evidence, step))), None)
