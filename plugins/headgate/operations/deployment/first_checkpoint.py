"""Take the first checkpoint as soon as a job can: with it its first results become visible."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName, TriggerId, trigger_id
from headgate.ledger.records import Json
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run

_EVERY = timedelta(milliseconds=100)
_NOT_WORTH_MORE = timedelta(seconds=30)
"""By then a checkpoint of Flink's own has been due for long, and the health gate judges."""


@dataclass
class FirstCheckpoint:
    """Not being able to is no failure: then the first one comes when Flink's own is due.

    Flink's first own one is triggered before all tasks of a restored job run, more often than not,
    and fails; the next one is due an interval later.
    """

    _refused: bool = False

    name: ClassVar[str] = "checkpoint"
    title: ClassVar[str] = "Take the first checkpoint"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The job that was submitted, and the id of the trigger."""
        return {
            "flink_job_id": run.evidence["submit"]["flink_job_id"],
            "line": run.evidence["plan"]["line"],
            "trigger_id": trigger_id(run.scope, self.name),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Wait until all tasks run."""
        client, job_id = _client(run, intention), FlinkJobId(intention.intent["flink_job_id"])
        trigger = TriggerId(intention.intent["trigger_id"])
        if self._refused or intention.elapsed > _NOT_WORTH_MORE:
            return Done({})
        all_run = client.all_tasks_run(job_id)
        if all_run is None:
            return Done({})
        if not all_run:
            return Pending("waiting until all tasks run", _EVERY)
        return Done({}) if client.is_checkpoint_known(job_id, trigger) else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Trigger it."""
        client, job_id = _client(run, intention), FlinkJobId(intention.intent["flink_job_id"])
        try:
            client.trigger_checkpoint(job_id, TriggerId(intention.intent["trigger_id"]))
        except Rejected:
            self._refused = True


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))
