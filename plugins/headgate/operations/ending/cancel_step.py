"""Cancel a Flink job: it ends without a savepoint, and its retained checkpoints stay."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient
from headgate.errors import NeedsOperator
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.ending.cancel_turn import cancel_and_wait
from headgate.operations.ending.still_ending import ENDS_WITHIN, still_ending
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.plan.in_words import duration_in_words

_AWAITED = timedelta(seconds=20)


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
        ending = still_ending("the job is ending", intention, run.services.clock.now())
        if ending is None:
            raise NeedsOperator(
                f"{run.job} has been CANCELLING for more than {duration_in_words(ENDS_WITHIN)}",
                still_true="Its retained checkpoints are there; nothing was started.",
                next_step=f"headgate logs flink-{intention.intent['line']}-taskmanager; end its "
                f"TaskManager, then headgate recover {run.job}",
            )
        return ending

    def act(self, run: Run, intention: Intention) -> None:
        """Cancel it in its turn."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        cancel_and_wait(run, _client(run, intention), job_id, _AWAITED)


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))
