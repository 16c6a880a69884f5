"""Stop a running job with a savepoint, once, and be sure that the savepoint is whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient, JobPicture, SavepointStatus
from headgate.clients.locations import as_flink_uri, plain_location
from headgate.clients.storage import snapshot_at, snapshots_below
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId, FlinkLineName, TriggerId, trigger_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run

_PATIENT_WITH_RESTARTS = timedelta(minutes=1)


@dataclass(frozen=True)
class StopWithSavepoint:
    """Evidence: `location` and `metadata_bytes` of the savepoint.

    The savepoint goes into a folder of its own, so that a listing alone tells whether it is
    there when the JobManager has forgotten the trigger.
    """

    deployment: Callable[[Run], DeploymentRecord]

    name: ClassVar[str] = "stop"
    title: ClassVar[str] = "Stop with savepoint"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """Job, line, trigger id and folder of the savepoint."""
        deployment = self.deployment(run)
        root = plain_location(run.services.environment.settings.state)
        folder = f"{root}/savepoints/{run.job}/g{deployment.generation}/{run.id}"
        return {
            "flink_job_id": deployment.flink_job_id,
            "line": deployment.line,
            "trigger_id": trigger_id(run.id, self.name),
            "folder": as_flink_uri(folder),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask for the trigger first, then look into the folder."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        client = _client(run, intention)
        picture = client.job(job_id)
        status = client.savepoint_status(job_id, TriggerId(intention.intent["trigger_id"]))
        whole = _whole_savepoint(intention, status)
        if status is not None and status.in_progress:
            return Pending("the savepoint is being written")
        if whole is not None:
            if picture is None or picture.is_terminal:
                return Done(whole)
            return Pending("the savepoint is written, the job is ending")
        if picture is None or picture.is_terminal:
            raise _ended_without_savepoint(run, picture)
        if status is not None and status.failure is not None:
            raise Rejected(
                f"{run.job}: stop with savepoint failed: {status.failure}",
                still_true="The job keeps running; no savepoint was recorded.",
                next_step=f"headgate status {run.job}, then headgate stop {run.job} again",
            )
        return _when_it_can_stop(run, picture, intention)

    def act(self, run: Run, intention: Intention) -> None:
        """Trigger the stop."""
        _client(run, intention).stop_with_savepoint(
            FlinkJobId(intention.intent["flink_job_id"]),
            TriggerId(intention.intent["trigger_id"]),
            intention.intent["folder"],
            "canonical",
        )


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))


def _whole_savepoint(intention: Intention, status: SavepointStatus | None) -> Json | None:
    found = snapshot_at(status.location) if status is not None and status.location else None
    if found is None:
        below = snapshots_below(intention.intent["folder"])
        found = below[0] if below else None
    return {"location": found.location, "metadata_bytes": found.metadata_bytes} if found else None


def _when_it_can_stop(run: Run, picture: JobPicture, intention: Intention) -> Look:
    """A stop of a job whose tasks do not all run is accepted by Flink and fails then."""
    if all(vertex.state == "RUNNING" for vertex in picture.vertices):
        return Absent()
    if intention.elapsed < _PATIENT_WITH_RESTARTS:
        return Pending("waiting until all tasks run; a savepoint needs them")
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    raise Rejected(
        f"{run.job} cannot be stopped with a savepoint while it is {picture.state}{cause}",
        still_true="Nothing was changed; its retained checkpoints are there.",
        next_step=f"mend the cause, then headgate stop {run.job}",
    )


def _ended_without_savepoint(run: Run, picture: JobPicture | None) -> NeedsOperator:
    how = "is unknown to Flink" if picture is None else f"has ended as {picture.state}"
    return NeedsOperator(
        f"{run.job} {how}, and no whole savepoint of this stop was found",
        still_true="Nothing was deleted.",
        next_step=f"headgate deploy {run.job} (continues from its newest retained checkpoint)",
    )
