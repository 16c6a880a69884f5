"""What retention says about the recorded savepoints of a job. Reads only."""

from collections.abc import Sequence

from headgate.clients.snapshot_metadata import metadata_problem
from headgate.ids import JobName, OperationId
from headgate.operations.disposing.in_use import locations_in_use
from headgate.operations.services import Services
from headgate.plan.snapshot_retention import Retention, Rule, Savepoint, newest_first, retention_of
from headgate.spec.job import SavepointPolicy


def retention(
    services: Services, job: JobName, policy: SavepointPolicy, own: OperationId | None = None
) -> Retention:
    """Decide now, by the policy of the job. `own` is the operation that asks."""
    attempts = {one.flink_job_id: one.attempt for one in services.ledger.deployments(job)}
    savepoints = [
        Savepoint(
            record.location,
            record.taken_at,
            record.state,
            record.pinned,
            drained=record.origin == "drain",
            submission=(record.generation, attempts.get(record.flink_job_id, 0)),
        )
        for record in services.ledger.snapshots(job)
        if record.kind == "savepoint"
    ]
    return retention_of(
        savepoints,
        Rule(policy.keep, policy.max_age),
        now=services.clock.now(),
        in_use=locations_in_use(services, job, own),
        newest_good=_newest_good(savepoints),
    )


def _newest_good(savepoints: Sequence[Savepoint]) -> str | None:
    """The first that can be gone on from. Only as many are read as it takes."""
    for savepoint in newest_first(savepoints):
        if not savepoint.drained and metadata_problem(savepoint.location) is None:
            return savepoint.location
    return None
