"""What retention says about the recorded savepoints of a job. Reads only."""

from collections.abc import Iterator

from headgate.errors import HeadgateError
from headgate.ids import JobName, OperationId
from headgate.ledger.records import DeploymentRecord, Json, OperationState
from headgate.operations.services import Services
from headgate.plan.snapshot_retention import Retention, Rule, Savepoint, retention_of
from headgate.spec.job import SavepointPolicy

_OPEN: tuple[OperationState, ...] = ("running", "needs_operator")


def retention(
    services: Services, job: JobName, policy: SavepointPolicy, own: OperationId | None = None
) -> Retention:
    """Decide now, by the policy of the job. `own` is the operation that asks."""
    savepoints = [
        Savepoint(record.location, record.taken_at, record.state, record.pinned)
        for record in services.ledger.snapshots(job)
        if record.kind == "savepoint"
    ]
    rule = Rule(policy.keep, policy.max_age)
    used = locations_in_use(services, job, own)
    return retention_of(savepoints, rule, now=services.clock.now(), in_use=used)


def locations_in_use(
    services: Services, job: JobName, own: OperationId | None = None
) -> frozenset[str]:
    """Every location that something still stands on.

    That is what an operation names that has not ended, or waits for a person; and what the latest
    deployment was restored from, until it has completed a checkpoint of its own.
    """
    named = {
        text
        for operation in services.ledger.operations(job, limit=1_000, states=_OPEN)
        if operation.id != own
        for content in (operation.request, *_of_steps(services, operation.id))
        for text in _texts(content)
    }
    deployments = services.ledger.deployments(job)
    if deployments and deployments[0].restored_from and _needs_its_source(services, deployments[0]):
        named.add(deployments[0].restored_from)
    return frozenset(named)


def _needs_its_source(services: Services, deployment: DeploymentRecord) -> bool:
    """Its state is nowhere else until its first checkpoint, which NO_CLAIM makes a full one.

    One that was healthy has had a checkpoint, and one that was stopped has left a savepoint. Where
    Flink cannot tell, the source is needed.
    """
    if deployment.state in ("healthy", "stopped"):
        return False
    try:
        picture = services.flink(deployment.line).job(deployment.flink_job_id)
    except HeadgateError:
        return True
    return picture is None or picture.checkpoints.completed == 0


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
