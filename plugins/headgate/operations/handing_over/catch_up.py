"""Wait until the second job is healthy; its gates are closed meanwhile."""

from datetime import timedelta
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.healthy_step import first_times
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.plan.health import HealthRule, Memory, judge

_POLL = timedelta(milliseconds=500)


class CatchUp(OnlyLooks):
    """Evidence: its checkpoints by then. The ledger does not know the job yet."""

    name: ClassVar[str] = "caught_up"
    title: ClassVar[str] = "Wait for the second job"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The second job, and what it must show by when."""
        plan, submitted = run.evidence["plan"], run.evidence["submit"]
        return {
            "flink_job_id": submitted["flink_job_id"],
            "restore_from": submitted["restore_from"],
            "line": plan["line"],
            "checkpoints": plan["checkpoints"],
            "deadline_seconds": plan["deadline_seconds"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Judge one look. Raises Rejected where it is lost, fails, or takes too long."""
        intent = intention.intent
        client = run.services.flink(FlinkLineName(intent["line"]))
        picture = client.job(FlinkJobId(intent["flink_job_id"]))
        if picture is None:
            raise _failed(run, intent, "its JobManager has restarted and no longer knows it")
        rule = HealthRule(intent["restore_from"], intent["checkpoints"])
        verdict, memory = judge(picture, rule, Memory.of({**intention.progress}))
        if verdict.state == "healthy":
            checkpoints = picture.checkpoints.completed
            return Done({"checkpoints": checkpoints, **first_times(picture)})
        deadline = intent["deadline_seconds"]
        if verdict.state == "failing":
            raise _failed(run, intent, verdict.reason)
        if intention.elapsed.total_seconds() > deadline:
            raise _failed(run, intent, f"not healthy within {deadline:.0f} s: {verdict.reason}")
        return Pending(verdict.reason, _POLL, memory.as_progress())


def _failed(run: Run, intent: Json, reason: str) -> Rejected:
    return Rejected(
        f"{run.job}: the second job {intent['flink_job_id']} on Flink {intent['line']}: {reason}",
        still_true="The live job runs on; the second one has published nothing.",
        next_step=f"headgate logs flink-{intent['line']}-taskmanager",
    )
