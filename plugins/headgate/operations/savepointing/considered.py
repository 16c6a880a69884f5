"""Which jobs are due for a savepoint or for its proof, and why the others are not. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.ids import JobName
from headgate.ledger.records import SnapshotRecord
from headgate.operations.declared_one_by_one import OneByOne, declared_one_by_one
from headgate.operations.engine.left_open import held_by
from headgate.operations.job_status import JobStatus
from headgate.operations.known_job import known_jobs
from headgate.operations.look_at_job import look_at_jobs
from headgate.operations.services import Services
from headgate.plan.left_open import takes_up
from headgate.plan.savepoint_schedule import NotDue, savepoint_due
from headgate.spec.declared import DeclaredJob


@dataclass(frozen=True)
class Considered:
    """One declared job; `reason` says in words why it is due or skipped."""

    job: JobName
    is_due: bool
    reason: str
    is_left_open: bool = False
    """Whether what is due is an operation that was left open, which has to come to its end."""


def due_for_savepoint(services: Services) -> Sequence[Considered]:
    """Every declared job, by name. Flink is asked only about those whose time has come."""
    declared = declared_one_by_one(services)
    considered = [_savepoint(services, job) for job in declared.jobs.values()]
    return _if_healthy(services, declared, considered)


def due_for_proof(services: Services) -> Sequence[Considered]:
    """Every declared job, by name; due are those with `savepoint.prove` and a new savepoint."""
    declared = declared_one_by_one(services)
    considered = [_proof(services, job) for job in declared.jobs.values()]
    return _if_healthy(services, declared, considered)


def _savepoint(services: Services, job: DeclaredJob) -> Considered:
    deployments = services.ledger.deployments(job.name)
    if not deployments:
        return _skipped(job.name, "not deployed")
    held = _held(services, job.name, "savepoint")
    if held is not None:
        return held
    if deployments[0].state in ("stopped", "cancelled"):
        return _skipped(job.name, deployments[0].state)
    newest = _newest_whole(services, job.name)
    last = newest.taken_at if newest is not None else deployments[0].created_at
    due = savepoint_due(job.spec.savepoint, last, services.clock.now())
    if isinstance(due, NotDue):
        return _skipped(job.name, f"not due until {due.until:%Y-%m-%d %H:%M:%S} UTC")
    return Considered(job.name, is_due=True, reason=f"due since {due.since:%Y-%m-%d %H:%M:%S} UTC")


def _proof(services: Services, job: DeclaredJob) -> Considered:
    held = _held(services, job.name, "prove")
    if held is not None and held.is_due:
        return held
    if not job.spec.savepoint.prove:
        return _skipped(job.name, "savepoint.prove is not set in job.yaml")
    newest = _newest_whole(services, job.name)
    if newest is None:
        return _skipped(job.name, "no savepoint is recorded")
    if newest.proven_at is not None:
        at = f"{newest.proven_at:%Y-%m-%d %H:%M:%S}"
        return _skipped(job.name, f"the newest was proven at {at} UTC")
    return held or Considered(job.name, is_due=True, reason=f"to prove: {newest.location}")


def _held(services: Services, job: JobName, kind: str) -> Considered | None:
    """A job that an operation holds; None where that is in nobody's way.

    One of the same kind that was left open is brought to its end, whatever else speaks against a
    new one. What else was left open by a schedule, the new one brings to its end first.
    """
    held = held_by(services, job)
    if held is None:
        return None
    if not takes_up(kind, held):
        return _skipped(job, held.in_words)
    if held.kind != kind:
        return None
    return Considered(job, is_due=True, reason=held.in_words, is_left_open=True)


def _newest_whole(services: Services, job: JobName) -> SnapshotRecord | None:
    records = services.ledger.snapshots(job)
    return next((r for r in records if r.kind == "savepoint" and r.state == "whole"), None)


def _if_healthy(
    services: Services, declared: OneByOne, considered: Sequence[Considered]
) -> Sequence[Considered]:
    """Those that are due and not healthy are skipped, with the reason; so are those not readable.

    A job whose operation was left open is not asked about: that has to come to its end anyway.
    """
    asked = {
        one.job: declared.jobs[one.job] for one in considered if one.is_due and not one.is_left_open
    }
    looks = look_at_jobs(services, known_jobs(services, asked), asks_kafka=False)
    ill = {look.status.job: look.status for look in looks if look.status.state != "healthy"}
    wrong = [_skipped(name, reason) for name, reason in declared.wrong.items()]
    found = [
        _skipped(one.job, _not_healthy(ill[one.job])) if one.job in ill else one
        for one in considered
    ]
    return sorted([*found, *wrong], key=lambda one: one.job)


def _not_healthy(status: JobStatus) -> str:
    told = f"{status.state}: {status.reason}" if status.reason else status.state
    return f"not healthy, {told}"


def _skipped(job: JobName, reason: str) -> Considered:
    return Considered(job, is_due=False, reason=reason)
