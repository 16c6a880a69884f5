"""Which jobs are due for a savepoint or for its proof, and why the others are not. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.ids import JobName
from headgate.ledger.records import SnapshotRecord
from headgate.operations.services import Services
from headgate.operations.status import status_of
from headgate.plan.savepoint_schedule import NotDue, savepoint_due
from headgate.spec.declared import Declared, DeclaredJob


@dataclass(frozen=True)
class Considered:
    """One declared job; `reason` says in words why it is due or skipped."""

    job: JobName
    is_due: bool
    reason: str


def due_for_savepoint(services: Services, declared: Declared) -> Sequence[Considered]:
    """Every declared job, by name. Flink is asked only about those whose time has come."""
    return [_savepoint(services, job) for _, job in sorted(declared.jobs.items())]


def due_for_proof(services: Services, declared: Declared) -> Sequence[Considered]:
    """Every declared job, by name; due are those with `savepoint.prove` and a new savepoint."""
    return [_proof(services, job) for _, job in sorted(declared.jobs.items())]


def _savepoint(services: Services, job: DeclaredJob) -> Considered:
    deployments = services.ledger.deployments(job.name)
    if not deployments:
        return Considered(job.name, is_due=False, reason="not deployed")
    busy = _busy(services, job.name)
    if busy is not None:
        return busy
    if deployments[0].state in ("stopped", "cancelled"):
        return Considered(job.name, is_due=False, reason=deployments[0].state)
    newest = _newest_whole(services, job.name)
    last = newest.taken_at if newest is not None else deployments[0].created_at
    due = savepoint_due(job.spec.savepoint, last, services.clock.now())
    if isinstance(due, NotDue):
        until = f"not due until {due.until:%Y-%m-%d %H:%M:%S} UTC"
        return Considered(job.name, is_due=False, reason=until)
    since = f"due since {due.since:%Y-%m-%d %H:%M:%S} UTC"
    return _if_healthy(services, job, since)


def _proof(services: Services, job: DeclaredJob) -> Considered:
    if not job.spec.savepoint.prove:
        return Considered(job.name, is_due=False, reason="savepoint.prove is not set in job.yaml")
    newest = _newest_whole(services, job.name)
    if newest is None:
        return Considered(job.name, is_due=False, reason="no savepoint is recorded")
    if newest.proven_at is not None:
        at = f"{newest.proven_at:%Y-%m-%d %H:%M:%S}"
        return Considered(job.name, is_due=False, reason=f"the newest was proven at {at} UTC")
    return _busy(services, job.name) or _if_healthy(services, job, f"to prove: {newest.location}")


def _busy(services: Services, job: JobName) -> Considered | None:
    operation = services.ledger.running_operation(job)
    if operation is None:
        return None
    return Considered(job, is_due=False, reason=f"{operation.kind} {operation.id} is under way")


def _newest_whole(services: Services, job: JobName) -> SnapshotRecord | None:
    records = services.ledger.snapshots(job)
    return next((r for r in records if r.kind == "savepoint" and r.state == "whole"), None)


def _if_healthy(services: Services, job: DeclaredJob, reason: str) -> Considered:
    status = status_of(services, job.name, job)
    if status.state != "healthy":
        told = f"{status.state}: {status.reason}" if status.reason else status.state
        return Considered(job.name, is_due=False, reason=f"not healthy, {told}")
    return Considered(job.name, is_due=True, reason=reason)
