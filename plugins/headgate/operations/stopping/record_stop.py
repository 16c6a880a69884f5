"""Write into the ledger that a deployment was stopped, and which savepoint it left."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkJobId
from headgate.ledger.records import DeploymentRecord, Json, SnapshotOrigin
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.savepointing.snapshot_record import snapshot_record


@dataclass(frozen=True)
class RecordStop:
    """Follows the step `stop`, whose evidence names the savepoint."""

    deployment: Callable[[Run], DeploymentRecord]
    origin: SnapshotOrigin = "stop"
    """What the savepoint is for; one of a drain says so itself."""
    pinned: bool = False
    """Whether the savepoint is the way back from what follows, so that retention never takes it."""

    name: ClassVar[str] = "record_stop"
    title: ClassVar[str] = "Record the savepoint"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoint and the deployment that made it."""
        deployment = self.deployment(run)
        return {
            **run.evidence["stop"],
            "flink_job_id": deployment.flink_job_id,
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether both rows say so."""
        ledger = run.services.ledger
        location = intention.intent["location"]
        known = any(snapshot.location == location for snapshot in ledger.snapshots(run.job))
        if known and _deployment(run, intention).state == "stopped":
            return Done({"location": location, "note": location})
        return Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Write the savepoint first, so that a stopped deployment always has one."""
        deployment = _deployment(run, intention)
        drained = bool(run.operation.request.get("drain"))
        origin: SnapshotOrigin = "drain" if drained else self.origin
        run.services.ledger.add_snapshot(
            run.lease,
            snapshot_record(run, deployment, intention.intent, origin, pinned=self.pinned),
        )
        run.services.ledger.update_deployment(run.lease, deployment.flink_job_id, "stopped")


def _deployment(run: Run, intention: Intention) -> DeploymentRecord:
    job_id = FlinkJobId(intention.intent["flink_job_id"])
    return run.services.ledger.deployment(run.job, job_id)
