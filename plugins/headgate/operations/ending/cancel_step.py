"""Cancel a Flink job: it ends without a savepoint, and its retained checkpoints stay."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient
from headgate.errors import NeedsOperator
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.ending.cancel_turn import only_cancel_of
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run

_AWAITED = timedelta(seconds=20)
_ENDS_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True)
class CancelJob:
    """Evidence: in which state the job has ended; none if Flink knows nothing of it."""

    deployment: Callable[[Run], DeploymentRecord]

    name: ClassVar[str] = "cancel"
    title: ClassVar[str] = "Cancel the job"
    patience: ClassVar[timedelta] = timedelta(minutes=5)

    def intend(self, run: Run) -> Json:
        """Job and line."""
        deployment = self.deployment(run)
        return {"flink_job_id": deployment.flink_job_id, "line": deployment.line}

    def look(self, run: Run, intention: Intention) -> Look:
        """A job that is cancelling ends by itself."""
        picture = _client(run, intention).job(FlinkJobId(intention.intent["flink_job_id"]))
        if picture is None:
            return Done({"ended_as": None, "note": "Flink no longer knows it"})
        if picture.is_terminal:
            return Done({"ended_as": picture.state, "note": picture.state})
        if picture.state != "CANCELLING":
            return Absent()
        if intention.elapsed > _ENDS_WITHIN:
            raise NeedsOperator(
                f"{run.job} has been CANCELLING since more than {_ENDS_WITHIN}",
                still_true="Its retained checkpoints are there; nothing was started.",
                next_step=f"headgate logs flink-{intention.intent['line']}-taskmanager; end its "
                f"TaskManager, then headgate recover {run.job}",
            )
        return Pending("the job is ending", timedelta(milliseconds=500))

    def act(self, run: Run, intention: Intention) -> None:
        """Cancel it, and hold the turn until it has ended, so that cancels follow each other."""
        client, job_id = _client(run, intention), FlinkJobId(intention.intent["flink_job_id"])
        with only_cancel_of(run, client):
            client.cancel(job_id)
            _await_end(run, client, job_id)


def _await_end(run: Run, client: FlinkClient, job_id: FlinkJobId) -> None:
    clock = run.services.clock
    end = clock.monotonic() + _AWAITED.total_seconds()
    while clock.monotonic() < end:
        picture = client.job(job_id)
        if picture is None or picture.is_terminal:
            return
        clock.sleep(timedelta(milliseconds=250))


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))
