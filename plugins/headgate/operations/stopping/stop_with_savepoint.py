"""Stop a running job with a savepoint, once, and be sure that the savepoint is whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient, JobPicture, SavepointStatus
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId, FlinkLineName, JobName, TriggerId, trigger_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.step import Done, Intention, Look, Pending, Run
from headgate.operations.savepointing.found_savepoint import (
    found_savepoint,
    measured,
    savepoint_folder,
)
from headgate.operations.savepointing.when_all_run import when_all_run

_FASTEST_POLL, _SLOWEST_POLL = timedelta(milliseconds=100), timedelta(seconds=1)


@dataclass(frozen=True)
class StopWithSavepoint:
    """Evidence: `location` and `metadata_bytes` of the savepoint, and how long all of it took.

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
        return {
            "flink_job_id": deployment.flink_job_id,
            "line": deployment.line,
            "trigger_id": trigger_id(run.scope, self.name),
            "folder": savepoint_folder(run, deployment.generation),
            "drain": bool(run.operation.request.get("drain")),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask for the trigger first, then look into the folder."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        client = _client(run, intention)
        picture = client.job(job_id)
        status = client.savepoint_status(job_id, TriggerId(intention.intent["trigger_id"]))
        whole = _whole_savepoint(intention, status, client, job_id)
        if status is not None and status.in_progress:
            return Pending("the savepoint is being written", _poll_after(intention.elapsed))
        if whole is not None:
            # What the job says of itself may be as old as `web.refresh-interval`.
            if picture is None or picture.is_terminal or not _is_live(client, picture):
                took = intention.elapsed // timedelta(milliseconds=1)
                return Done({**whole, "took_ms": took})
            poll = _poll_after(intention.elapsed)
            return Pending("the savepoint is written, the job is ending", poll)
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
            drain=bool(intention.intent.get("drain")),
        )


def _is_live(client: FlinkClient, picture: JobPicture) -> bool:
    return picture.id in client.live_jobs_named(JobName(picture.name))


def _poll_after(elapsed: timedelta) -> timedelta:
    """Often at first, because nothing is published until the next job has started."""
    return min(max(_FASTEST_POLL, elapsed / 10), _SLOWEST_POLL)


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))


def _whole_savepoint(
    intention: Intention, status: SavepointStatus | None, client: FlinkClient, job_id: FlinkJobId
) -> Json | None:
    if status is not None and status.in_progress:
        return None
    # A failed stop may have failed after its savepoint was whole, so the folder is asked then too.
    known = status if status is not None and status.location else None
    content = found_savepoint(intention.intent["folder"], known)
    if content is None or content.problem is not None:
        return None
    return measured(content, client.latest_savepoint(job_id))


def _when_it_can_stop(run: Run, picture: JobPicture, intention: Intention) -> Look:
    ready = when_all_run(picture, intention)
    if ready is not None:
        return ready
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    raise Rejected(
        f"{run.job} cannot be stopped with a savepoint while it is {picture.state}{cause}",
        still_true="Nothing was changed; its retained checkpoints are there.",
        next_step=f"mend the cause, then headgate stop {run.job}; or headgate cancel {run.job} "
        "--keep-checkpoint",
    )


def _ended_without_savepoint(run: Run, picture: JobPicture | None) -> NeedsOperator:
    how = "is unknown to Flink" if picture is None else f"has ended as {picture.state}"
    return NeedsOperator(
        f"{run.job} {how}, and no whole savepoint of this stop was found",
        still_true="Nothing was deleted.",
        next_step=f"headgate deploy {run.job} (continues from its newest retained checkpoint)",
    )
