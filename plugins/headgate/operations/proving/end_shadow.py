"""End the shadow job and remove what it has left: its checkpoints and its consumer group."""

from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from headgate.clients.consumer_groups import ConsumerGroups
from headgate.clients.flink import FlinkClient
from headgate.clients.storage import delete_folder, is_there
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.ending.cancel_turn import cancel_and_wait
from headgate.operations.ending.still_ending import ENDS_WITHIN, still_ending
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run
from headgate.operations.proving.submit_shadow import SubmitShadow
from headgate.plan.in_words import duration_in_words
from headgate.plan.rehearsal_binding import rehearsal_group

_AWAITED = timedelta(seconds=10)


class EndShadow:
    """Whatever the watch has shown, nothing of the shadow job stays."""

    name: ClassVar[str] = "end"
    title: ClassVar[str] = "End the shadow job"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """The job, its checkpoints and its group."""
        submitted = run.evidence[SubmitShadow.name]
        return {
            "flink_job_id": submitted["flink_job_id"],
            "line": submitted["line"],
            "checkpoints": submitted["checkpoints"],
            "group": rehearsal_group(run.services.environment.name, run.job),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """The job first; while it runs it would make the rest anew."""
        intent = intention.intent
        picture = _client(run, intention).job(FlinkJobId(intent["flink_job_id"]))
        if picture is not None and not picture.is_terminal:
            return self._ending(run, intention) if picture.state == "CANCELLING" else Absent()
        groups = ConsumerGroups(run.services.environment.settings.kafka)
        if is_there(intent["checkpoints"]) or groups.is_there(intent["group"]):
            return Absent()
        return Done({})

    @staticmethod
    def _ending(run: Run, intention: Intention) -> Pending:
        now, intent = run.services.clock.now(), intention.intent
        ending = still_ending("the shadow job is ending", intention, now)
        if ending is None:
            raise NeedsOperator(
                f"{run.job}: the shadow job {intent['flink_job_id']} has been CANCELLING for more "
                f"than {duration_in_words(ENDS_WITHIN)}",
                still_true="The savepoint is as it was; the live job was not touched.",
                next_step=f"headgate logs flink-{intent['line']}-taskmanager; end the TaskManager "
                f"that runs it, delete {intent['checkpoints']}, then headgate prove {run.job}",
            )
        return ending

    def act(self, run: Run, intention: Intention) -> None:
        """Cancel the job while it runs; remove the rest when it has ended."""
        intent, client = intention.intent, _client(run, intention)
        job_id = FlinkJobId(intent["flink_job_id"])
        picture = client.job(job_id)
        if picture is not None and not picture.is_terminal:
            cancel_and_wait(run, client, job_id, _AWAITED)
            return
        delete_folder(intent["checkpoints"])
        # A group whose last member has only just gone is refused; the next look tries again.
        with suppress(Rejected):
            ConsumerGroups(run.services.environment.settings.kafka).delete(intent["group"])


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))
