"""Take a savepoint of a running job, once, and be sure that it is whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from headgate.clients.flink import FlinkClient, JobPicture, SavepointStatus
from headgate.clients.storage import SnapshotContent
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName, TriggerId, trigger_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.step import Done, Intention, Look, Pending, Run
from headgate.operations.savepointing.found_savepoint import (
    found_savepoint,
    measured,
    savepoint_folder,
)
from headgate.operations.savepointing.when_all_run import when_all_run

_ATTEMPTS = 2
_LOOKS_FOR_STATISTICS = 6
_SLOWEST_POLL = timedelta(seconds=15)


@dataclass(frozen=True)
class TakeSavepoint:
    """Evidence: location, sizes, duration and moment of the savepoint.

    Only a definite failure is tried again, under the trigger id of the next attempt. A trigger
    that Flink does not know, or no longer, is resolved by looking: into the operation's own
    folder and at the job's last savepoint.
    """

    deployment: Callable[[Run], DeploymentRecord]
    savepoint_format: Literal["canonical", "native"] | None = None
    """None: as the operation was asked for."""
    folder: Callable[[Run], str] | None = None
    """Where it is put, as Flink takes it; None: below the job's savepoints."""

    name: ClassVar[str] = "savepoint"
    title: ClassVar[str] = "Take a savepoint"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """Job, line, first trigger id, format, and the savepoint's own folder."""
        deployment = self.deployment(run)
        return {
            "flink_job_id": deployment.flink_job_id,
            "line": deployment.line,
            "trigger_id": trigger_id(run.scope, self.name),
            "folder": self.folder(run)
            if self.folder
            else savepoint_folder(run, deployment.generation),
            "format": self.savepoint_format or run.operation.request["format"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask for the trigger first: one call while the savepoint is being written."""
        job_id, client = FlinkJobId(intention.intent["flink_job_id"]), _client(run, intention)
        status = client.savepoint_status(job_id, self._trigger(run, intention))
        if status is not None and status.in_progress:
            return Pending("the savepoint is being written", _poll_after(intention.elapsed))
        latest = client.latest_savepoint(job_id)
        content = found_savepoint(intention.intent["folder"], status, latest)
        if content is not None:
            _refuse_broken(run, content)
            found = measured(content, latest)
            if "duration_ms" not in found and _looks(intention) < _LOOKS_FOR_STATISTICS:
                progress = {**intention.progress, "looks": _looks(intention) + 1}
                return Pending(
                    "waiting for Flink's statistics of it", progress=progress, must_remember=True
                )
            told = {"format": intention.intent["format"], "flink_version": _version(client)}
            return Done({**found, **told, "note": content.location})
        picture = client.job(job_id)
        if picture is None or picture.is_terminal:
            raise _ended(run, picture)
        if status is not None:
            return _after_failure(run, intention, status)
        return when_all_run(picture, intention) or _refuse_restarting(run, picture)

    def act(self, run: Run, intention: Intention) -> None:
        """Trigger the savepoint."""
        _client(run, intention).trigger_savepoint(
            FlinkJobId(intention.intent["flink_job_id"]),
            self._trigger(run, intention),
            intention.intent["folder"],
            intention.intent["format"],
        )

    def _trigger(self, run: Run, intention: Intention) -> TriggerId:
        return trigger_id(run.scope, self.name, _attempt(intention))


def _attempt(intention: Intention) -> int:
    return int(intention.progress.get("attempt", 1))


def _looks(intention: Intention) -> int:
    return int(intention.progress.get("looks", 0))


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))


def _version(client: FlinkClient) -> str:
    return client.overview().version


def _poll_after(elapsed: timedelta) -> timedelta:
    """Often at first; the longer it takes, the less a further look is worth."""
    return min(max(timedelta(seconds=1), elapsed / 10), _SLOWEST_POLL)


def _after_failure(run: Run, intention: Intention, status: SavepointStatus) -> Look:
    attempt = _attempt(intention)
    if attempt < _ATTEMPTS:
        return Pending(
            f"the savepoint failed ({status.failure}); trying once more",
            timedelta(seconds=2),
            {"attempt": attempt + 1, "failure": status.failure},
            must_remember=True,
        )
    raise Rejected(
        f"{run.job}: the savepoint failed, {attempt} times: {status.failure}",
        still_true="The job keeps running; no savepoint was recorded.",
        next_step=f"headgate status {run.job}; mend the cause, then headgate savepoint {run.job}",
    )


def _refuse_broken(run: Run, content: SnapshotContent) -> None:
    if content.problem is not None:
        raise Rejected(
            f"{run.job}: Flink has written a savepoint to {content.location}, but "
            f"{content.problem}",
            still_true="The job keeps running; the savepoint was not recorded, its folder was "
            "left as it is.",
            next_step="look at the state storage, then headgate savepoint " + run.job,
        )


def _refuse_restarting(run: Run, picture: JobPicture) -> Look:
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    raise Rejected(
        f"{run.job}: a savepoint cannot be taken while it is {picture.state} and not all of its "
        f"tasks run{cause}",
        still_true="Nothing was changed; its retained checkpoints are there.",
        next_step=f"mend the cause, then headgate savepoint {run.job}",
    )


def _ended(run: Run, picture: JobPicture | None) -> Rejected:
    how = "is no longer known to Flink" if picture is None else f"has ended as {picture.state}"
    return Rejected(
        f"{run.job} {how}, and this operation has left no savepoint",
        still_true="Nothing was deleted.",
        next_step=f"headgate status {run.job}",
    )
