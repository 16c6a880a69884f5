"""The retained checkpoint that a cancelled job leaves: found, verified, recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import SnapshotFolder, content_of, snapshots_below
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.step import Absent, Done, Intention, Look, OnlyLooks, Run
from headgate.operations.restoring.known_snapshots import checkpoint_folder, checkpoint_number
from headgate.operations.savepointing.snapshot_record import snapshot_record


@dataclass(frozen=True)
class RefuseWithoutCheckpoint(OnlyLooks):
    """Before the job is cancelled: whether it leaves something to continue from. Reads only."""

    deployment: Callable[[Run], DeploymentRecord]

    name: ClassVar[str] = "check"
    title: ClassVar[str] = "Find its newest checkpoint"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """Whether state is given up."""
        return {"discard_state": bool(run.operation.request.get("discard_state"))}

    def look(self, run: Run, intention: Intention) -> Look:
        """There is one, or a person has given it up."""
        found = _newest_whole(run, self.deployment(run).flink_job_id)
        if found is not None:
            return Done({"location": found.location, "note": found.location})
        if intention.intent["discard_state"]:
            return Done({"location": None, "note": "it has none; its state is given up"})
        raise Rejected(
            f"{run.job} has no completed checkpoint yet: cancelled now, its state would be gone",
            still_true="Nothing was changed; the job runs on.",
            next_step=f"headgate stop {run.job} takes a savepoint; to give its state up: "
            f"headgate cancel {run.job} --discard-state",
        )


@dataclass(frozen=True)
class RecordCancel:
    """Writes the checkpoint that the job has left, and that its deployment is cancelled."""

    deployment: Callable[[Run], DeploymentRecord]

    name: ClassVar[str] = "record_cancel"
    title: ClassVar[str] = "Record the retained checkpoint"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The newest whole checkpoint, found now that no newer one can come."""
        deployment = self.deployment(run)
        found = _newest_whole(run, deployment.flink_job_id)
        intent: dict[str, Any] = {"flink_job_id": deployment.flink_job_id, "location": None}
        if found is None:
            if not run.evidence[RefuseWithoutCheckpoint.name]["location"]:
                return intent
            raise NeedsOperator(
                f"{run.job} was cancelled, and no whole checkpoint is left where one was before",
                still_true="Nothing was deleted by headgate.",
                next_step=f"headgate savepoints {run.job}; headgate start {run.job} --from "
                "LOCATION",
            )
        return {
            **intent,
            "location": found.location,
            "metadata_bytes": found.metadata_bytes,
            "size_bytes": content_of(found.location).size_bytes,
            "taken_at": found.modified_at.isoformat(),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether both rows say so."""
        ledger, location = run.services.ledger, intention.intent["location"]
        known = location is None or any(
            snapshot.location == location for snapshot in ledger.snapshots(run.job)
        )
        if known and self._deployment(run, intention).state == "cancelled":
            return Done({"location": location, "note": location or "it has left no state"})
        return Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Write the checkpoint first, so that a cancelled deployment has what it has left."""
        deployment, intent = self._deployment(run, intention), intention.intent
        if intent["location"] is not None:
            measured = {**intent, "format": "native"}
            record = snapshot_record(run, deployment, measured, "cancel", kind="checkpoint")
            run.services.ledger.add_snapshot(run.lease, record)
        run.services.ledger.update_deployment(run.lease, deployment.flink_job_id, "cancelled")

    def _deployment(self, run: Run, intention: Intention) -> DeploymentRecord:
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        return run.services.ledger.deployment(run.job, job_id)


def _newest_whole(run: Run, job_id: FlinkJobId) -> SnapshotFolder | None:
    """By Flink's number: a storage may keep whole seconds, a copy has a time of its own."""
    folder = f"{checkpoint_folder(run.services, run.job)}/{job_id}"
    found = sorted(
        snapshots_below(folder, levels=(1,)),
        key=lambda one: checkpoint_number(one.location),
        reverse=True,
    )
    return next((one for one in found if metadata_problem(one.location) is None), None)
