"""Which jobs are to be brought back, and why the others are not. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.errors import HeadgateError
from headgate.ids import JobName
from headgate.ledger.records import OperationRecord
from headgate.operations.known_job import declared_alone
from headgate.operations.services import Services
from headgate.operations.status import status_of
from headgate.plan.recovery import (
    PastRecovery,
    Recoverable,
    RecoveryFacts,
    needs_recovery,
    recoverable,
)
from headgate.spec.declared import DeclaredJob

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
    return [_considered(services, name, declared_alone(services, name)) for name in names]


def may_recover(
    services: Services, job: JobName, declared: DeclaredJob | None, health: str
) -> Recoverable:
    """Whether the health check, which found `health`, may recover the job without a person."""
    return recoverable(recovery_facts(services, job, declared, health))


def recovery_facts(
    services: Services, job: JobName, declared: DeclaredJob | None, health: str
) -> RecoveryFacts:
    """What the decision rests on; Flink is asked only about a job that is failing."""
    deployments = services.ledger.deployments(job)
    running = services.ledger.running_operation(job)
    return RecoveryFacts(
        job=job,
        is_declared=declared is not None,
        automatic=declared is not None and declared.spec.recovery.automatic,
        deployment=deployments[0].state if deployments else None,
        health=health,
        under_way=f"{running.kind} {running.id}" if running else None,
        ended_as=_ended_as(services, job) if health == "failing" else None,
        past=_past(services.ledger.operations(job)),
    )


def _considered(services: Services, job: JobName, declared: DeclaredJob | None) -> Considered:
    status = status_of(services, job, declared)
    needed = needs_recovery(recovery_facts(services, job, declared, status.state))
    told = f"{needed.reason}: {status.reason}" if status.reason else needed.reason
    return Considered(job, needed.is_due, told if needed.is_due else needed.reason)


def _ended_as(services: Services, job: JobName) -> str | None:
    latest = services.ledger.deployments(job)[0]
    try:
        picture = services.flink(latest.line).job(latest.flink_job_id)
    except HeadgateError:
        return None
    return picture.state if picture is not None and picture.is_terminal else None


def _past(operations: Sequence[OperationRecord]) -> Sequence[PastRecovery]:
    """Recoveries since something last brought the job back."""
    past = []
    for operation in operations:
        if operation.kind in _BRINGS_BACK and operation.state == "succeeded":
            break
        if operation.kind == "recover":
            past.append(PastRecovery(operation.state, operation.reason.split("\n", 1)[0]))
    return past
