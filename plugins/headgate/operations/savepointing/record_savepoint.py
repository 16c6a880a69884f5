"""Write a savepoint that was verified into the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkJobId
from headgate.ledger.records import DeploymentRecord, Json, SnapshotOrigin
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.savepointing.snapshot_record import snapshot_record
from headgate.operations.savepointing.take_savepoint import TakeSavepoint


@dataclass(frozen=True)
class RecordSavepoint:
    """Follows `TakeSavepoint`, whose evidence describes the savepoint."""

    deployment: Callable[[Run], DeploymentRecord]
    origin: SnapshotOrigin | None = None
    """None: as the operation was asked for."""
    pinned: bool = False
    """Whether it is a way back, so that retention never takes it."""

    name: ClassVar[str] = "record_savepoint"
    title: ClassVar[str] = "Record the savepoint"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoint and the deployment that made it."""
        return {
            **run.evidence[TakeSavepoint.name],
            "flink_job_id": self.deployment(run).flink_job_id,
            "origin": self.origin or run.operation.request["origin"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the row is there."""
        location = intention.intent["location"]
        known = any(s.location == location for s in run.services.ledger.snapshots(run.job))
        return Done({"location": location}) if known else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Write the row."""
        ledger, intent = run.services.ledger, intention.intent
        deployment = ledger.deployment(run.job, FlinkJobId(intent["flink_job_id"]))
        record = snapshot_record(run, deployment, intent, intent["origin"], pinned=self.pinned)
        ledger.add_snapshot(run.lease, record)
