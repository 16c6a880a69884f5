"""Stop a running job with a savepoint, once, and be sure that the savepoint is whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient, JobPicture, SavepointStatus
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId, FlinkLineName, JobName, TriggerId, trigger_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.ending.still_ending import ENDS_WITHIN, still_ending
from headgate.operations.engine.step import Done, Intention, Look, Pending, Run
from headgate.operations.savepointing.found_savepoint import (
    found_savepoint,
    measured,
    savepoint_folder,
)
from headgate.operations.savepointing.when_all_run import when_all_run
from headgate.plan.in_words import duration_in_words

_FASTEST_POLL, _SLOWEST_POLL = timedelta(milliseconds=100), timedelta(seconds=1)


@dataclass(frozen=True)
class StopWithSavepoint:
    """Evidence: `location` and `metadata_bytes` of the savepoint, and how long all of it took.

    The savepoint goes into a folder of its own, so that a listing alone tells whether it is
    there when the JobManager has forgotten the trigger.
    """

    deployment: Callable[[Run], DeploymentRecord]
    by_list: bool = False
    """Whether it is done as soon as Flink's list of jobs says that the job has ended. The page of
    the job may say otherwise for as long as `web.refresh-interval`, and whoever asks it next would
    take the job for running: only where the next step asks the list, and every moment counts."""

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
            if picture is None or self._has_ended(client, picture):
                took = intention.elapsed // timedelta(milliseconds=1)
                return Done({**whole, "took_ms": took})
            return _still_ending(run, picture, intention, whole["location"])
        if picture is None or picture.is_terminal:
            raise _ended_without_savepoint(run, picture, _told(status, client, job_id))
        if status is not None and status.failure is not None:
            raise Rejected(
                f"{run.job}: stop with savepoint failed: {status.failure}",
                still_true="The job keeps running; no savepoint was recorded.",
                next_step=f"headgate status {run.job}; mend the cause, then headgate "
                f"{run.operation.kind} {run.job} again",
            )
        return _when_it_can_stop(run, picture, intention)

    def _has_ended(self, client: FlinkClient, picture: JobPicture) -> bool:
        if picture.is_terminal:
            return True
        return self.by_list and picture.id not in client.live_jobs_named(JobName(picture.name))

    def act(self, run: Run, intention: Intention) -> None:
        """Trigger the stop."""
        _client(run, intention).stop_with_savepoint(
            FlinkJobId(intention.intent["flink_job_id"]),
            TriggerId(intention.intent["trigger_id"]),
            intention.intent["folder"],
            "canonical",
            drain=bool(intention.intent.get("drain")),
        )


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


def _still_ending(run: Run, picture: JobPicture, intention: Intention, location: str) -> Pending:
    """A job whose savepoint is whole reads nothing more, so going on from there repeats nothing."""
    note = "the savepoint is written, the job is ending"
    ending = still_ending(note, intention, run.services.clock.now())
    if ending is None:
        raise NeedsOperator(
            f"{run.job}: its savepoint is whole, but the job is still {picture.state} after more "
            f"than {duration_in_words(ENDS_WITHIN)}",
            still_true=f"The savepoint is {location}; it is not recorded yet.",
            next_step=f"headgate cancel {run.job} --keep-checkpoint, then headgate start {run.job} "
            f"--from {location}",
        )
    return ending


def _when_it_can_stop(run: Run, picture: JobPicture, intention: Intention) -> Look:
    if any(one.is_savepoint and one.state == "in progress" for one in picture.history):
        # Two stops at once make both fail, and the job fail over.
        return Pending("waiting until another savepoint of the job is written")
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


def _told(status: SavepointStatus | None, client: FlinkClient, job_id: FlinkJobId) -> str | None:
    """The savepoint that Flink names: of this stop, else the job's last: of another stop."""
    if status is not None and status.location:
        return status.location
    latest = client.latest_savepoint(job_id)
    return latest.location if latest else None


def _ended_without_savepoint(
    run: Run, picture: JobPicture | None, told: str | None
) -> NeedsOperator:
    how = "is unknown to Flink" if picture is None else f"has ended as {picture.state}"
    next_step = f"headgate recover {run.job}"
    if picture is not None and picture.state == "FINISHED":
        next_step = f"find the savepoint that it ended with, then {next_step} --from it"
    if told is not None and metadata_problem(told) is None:
        next_step = f"headgate recover {run.job} --from {told}, if it is that of this stop"
    return NeedsOperator(
        f"{run.job} {how}, and no whole savepoint of this stop was found in its folder"
        + (f"; Flink says that it is {told}" if told else ""),
        still_true="Nothing was deleted.",
        next_step=next_step,
    )
