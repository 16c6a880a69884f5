"""Which jobs are to be brought back, and why the others are not. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate.ids import JobName
from headgate.ledger.records import OperationRecord
from headgate.operations.ending.cancel_step import CancelJob
from headgate.operations.engine.left_open import held_by
from headgate.operations.known_job import declared_alone, known_jobs
from headgate.operations.look_at_job import JobLook, look_at_jobs
from headgate.operations.services import Services
from headgate.plan.recovery import (
    COUNTED_FOR,
    PastRecovery,
    Recoverable,
    RecoveryFacts,
    needs_recovery,
    recoverable,
)

_BRINGS_BACK = ("deploy", "start", "recover", "rescale", "upgrade", "rollback")


@dataclass(frozen=True)
class Considered:
    """One job; `reason` says in words why it is due or not."""

    job: JobName
    is_due: bool
    reason: str


def jobs_to_recover(services: Services) -> Sequence[Considered]:
    """Every deployed job, by name; due are those that should run and are missing or failing.

    What ran is brought back without its files, so no error in them keeps a job from it.
    """
    names = sorted({one.job for one in services.ledger.deployments()})
    known = known_jobs(services, {name: declared_alone(services, name) for name in names})
    return [_considered(services, look) for look in look_at_jobs(services, known, asks_kafka=False)]


def may_recover(services: Services, look: JobLook) -> Recoverable:
    """Whether the health check may recover the job, as it was seen, without a person."""
    return recoverable(recovery_facts(services, look))


def recovery_facts(services: Services, look: JobLook) -> RecoveryFacts:
    """What the decision rests on; Flink is not asked again."""
    job, declared, latest = look.known.job, look.known.declared, look.known.latest
    operations = services.ledger.operations(job, kinds=_BRINGS_BACK)
    return RecoveryFacts(
        job=job,
        is_declared=declared is not None,
        automatic=declared is not None and declared.spec.recovery.automatic,
        deployment=latest.state if latest else None,
        health=look.status.state,
        held_by=held_by(services, job),
        ended_as=None if _was_cancelled_by_recovery(services, look, operations) else look.ended_as,
        past=_past(operations),
        lately=_lately(operations, services.clock.now()),
    )


def _considered(services: Services, look: JobLook) -> Considered:
    needed, status = needs_recovery(recovery_facts(services, look)), look.status
    told = f"{needed.reason}: {status.reason}" if status.reason else needed.reason
    return Considered(status.job, needed.is_due, told if needed.is_due else needed.reason)


def _was_cancelled_by_recovery(
    services: Services, look: JobLook, operations: Sequence[OperationRecord]
) -> bool:
    """A recovery that came no further than its cancel has ended the job, and nobody else."""
    latest = look.known.latest
    if latest is None or look.ended_as != "CANCELED":
        return False
    return any(
        step.intent.get("flink_job_id") == latest.flink_job_id
        for operation in operations
        if operation.kind == "recover"
        for step in services.ledger.steps(operation.id)
        if step.name == CancelJob.name
    )


def _past(operations: Sequence[OperationRecord]) -> Sequence[PastRecovery]:
    """Recoveries since something last brought the job back."""
    past = []
    for operation in operations:
        if operation.kind in _BRINGS_BACK and operation.state == "succeeded":
            break
        if operation.kind == "recover" and operation.state != "running":
            past.append(PastRecovery(operation.state, operation.reason.split("\n", 1)[0]))
    return past


def _lately(operations: Sequence[OperationRecord], now: datetime) -> Sequence[timedelta]:
    """How long ago recoveries have ended."""
    ended = [one.ended_at for one in operations if one.kind == "recover" and one.ended_at]
    return sorted(now - at for at in ended if now - at < COUNTED_FOR)
