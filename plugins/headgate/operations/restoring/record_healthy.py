"""Write into the ledger that a deployment works, where only a later look has seen it."""

from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkJobId
from headgate.ledger.records import Json
from headgate.operations.deployment.healthy_step import record_as_healthy
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run


class RecordHealthy:
    """Follows a plan that leaves the job alone, because it lives.

    A deployment whose process died before the health gate stays `intended`; once its job has
    completed a checkpoint it has had state, and is what a recovery brings back.
    """

    name: ClassVar[str] = "record_healthy"
    title: ClassVar[str] = "Record that it works"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The job, and whether it has shown that it works."""
        plan = run.evidence["plan"]
        return {
            "flink_job_id": plan.get("flink_job_id"),
            "has_worked": bool(plan.get("has_worked")),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the row says so, or there is nothing to say."""
        intent = intention.intent
        if not intent["has_worked"]:
            return Done({})
        deployment = run.services.ledger.deployment(run.job, FlinkJobId(intent["flink_job_id"]))
        return Absent() if deployment.state == "intended" else Done({})

    def act(self, run: Run, intention: Intention) -> None:
        """Into the kept copy, then into the ledger."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        record_as_healthy(run, job_id, still_true=f"Flink job {job_id} runs, and works.")
