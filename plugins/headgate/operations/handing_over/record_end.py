"""The first job has ended without the savepoint that was to end it."""

from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkJobId
from headgate.ledger.records import Json
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.upgrading.plan_upgrade import live_deployment


class RecordEnd:
    """Follows the step `cancel`. Its retained checkpoints stay."""

    name: ClassVar[str] = "record_end"
    title: ClassVar[str] = "Record that the first job has ended"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The job."""
        return {"flink_job_id": live_deployment(run).flink_job_id}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the ledger knows."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        is_known = run.services.ledger.deployment(run.job, job_id).state == "cancelled"
        return Done({}) if is_known else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Write it."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        run.services.ledger.update_deployment(run.lease, job_id, "cancelled")
