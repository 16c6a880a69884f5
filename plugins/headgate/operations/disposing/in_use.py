"""Which snapshots of a job something still stands on, whichever job that is. Reads only."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from headgate.clients.locations import is_below, plain_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import snapshots_below
from headgate.ids import JobName, OperationId
from headgate.ledger.records import DeploymentRecord, Json, OperationRecord, OperationState
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.savepointing.found_savepoint import savepoint_root
from headgate.operations.services import Services

_OPEN: tuple[OperationState, ...] = ("running", "needs_operator")
_SUCCEEDED: tuple[OperationState, ...] = ("succeeded",)
_DISPOSALS = ("dispose_savepoints", "dispose_checkpoints")
"""They name what is to go, and what is kept by the policy alone."""
_SETTLE = ("deploy", "start", "recover", "rescale", "stop", "savepoint")
"""Succeeded, each shows that the job has its state: what an earlier operation of it left for a
person to decide is decided."""


def locations_in_use(
    services: Services, job: JobName, own: OperationId | None = None
) -> frozenset[str]:
    """Every location that something still stands on.

    That is what an operation names that has not ended, or waits for a person, until a later one has
    brought its job to a good end; and what a deployment of any job was restored from, until one of
    that job has completed a checkpoint of its own. `own` is the operation that asks.
    """
    named = {
        text
        for operation in _standing(services, own)
        for content in (operation.request, *_of_steps(services, operation.id))
        for text in _texts(content)
    }
    return frozenset(named | set(_sources(services, job)))


def waits_for_a_person(services: Services, job: JobName) -> bool:
    """Whether an operation of the job has left something to decide, and nothing has settled it."""
    return any(
        operation.job == job and operation.state == "needs_operator"
        for operation in _standing(services, None)
    )


def _standing(services: Services, own: OperationId | None) -> Iterator[OperationRecord]:
    settled: dict[JobName, datetime | None] = {}
    for operation in services.ledger.operations(limit=10_000, states=_OPEN):
        if operation.id == own or operation.kind in _DISPOSALS:
            continue
        if operation.state == "needs_operator":
            if operation.job not in settled:
                settled[operation.job] = _settled_at(services, operation.job)
            at = settled[operation.job]
            if at is not None and operation.started_at < at:
                continue
        yield operation


def _settled_at(services: Services, job: JobName) -> datetime | None:
    """When the last operation began that left the job with its state."""
    succeeded = services.ledger.operations(job, limit=1_000, states=_SUCCEEDED)
    return next((one.started_at for one in succeeded if one.kind in _SETTLE), None)


def _sources(services: Services, job: JobName) -> Iterator[str]:
    ledger = services.ledger
    recorded = {plain_location(record.location) for record in ledger.snapshots(job)}
    roots = (savepoint_root(services, job), checkpoint_folder(services, job))
    restored = {
        name
        for name, source in ledger.sources()
        if plain_location(source) in recorded or any(is_below(source, root) for root in roots)
    }
    for name in sorted(restored):
        yield from _needed(services, ledger.deployments(name))


def _needed(services: Services, deployments: Sequence[DeploymentRecord]) -> Iterator[str]:
    """Sources of the submissions, the latest first, down to one that stands by itself."""
    for deployment in deployments:
        if _stands_by_itself(services, deployment):
            return
        if deployment.restored_from is not None:
            yield deployment.restored_from


def _stands_by_itself(services: Services, deployment: DeploymentRecord) -> bool:
    """One that was stopped has left a savepoint; else a checkpoint, a full one under NO_CLAIM.

    Flink's count would not do: it has savepoints in it, to which a job does not fall back.
    """
    if deployment.state in ("stopped", "astray"):
        return deployment.state == "stopped"
    folder = f"{checkpoint_folder(services, deployment.job)}/{deployment.flink_job_id}"
    return any(
        metadata_problem(one.location) is None for one in snapshots_below(folder, levels=(1,))
    )


def _of_steps(services: Services, operation: OperationId) -> Iterator[Json]:
    for step in services.ledger.steps(operation):
        yield from (step.intent, step.evidence)


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)
