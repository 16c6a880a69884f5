"""Last step of a deployment: it ends only when the job is healthy."""

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import JobPicture
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.kept_submission import keep_submission
from headgate.operations.deployment.whole_file import writing_artefacts
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run
from headgate.operations.restoring.failed_restores import FAILED_RESTORE, failed_restore
from headgate.plan.health import HealthRule, Memory, judge

_POLL = timedelta(milliseconds=500)


class BecomeHealthy:
    """Evidence: checkpoints seen and seconds waited.

    Where the restored snapshot is to blame for the failure, that is remembered before it is told,
    so that the next operation does not restore it again.
    """

    name: ClassVar[str] = "healthy"
    title: ClassVar[str] = "Become healthy"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The job that is watched, and what it must show by when."""
        plan = run.evidence["plan"]
        submitted = run.evidence.get("submit")
        kept = None if submitted else run.services.ledger.deployments(run.job)[0]
        return {
            "flink_job_id": submitted["flink_job_id"] if submitted else kept and kept.flink_job_id,
            "restore_from": submitted["restore_from"] if submitted else kept and kept.restored_from,
            "line": plan["line"],
            "checkpoints": plan["checkpoints"],
            "deadline_seconds": plan["deadline_seconds"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Judge one look, with what the look before has left."""
        intent = intention.intent
        client = run.services.flink(FlinkLineName(intent["line"]))
        picture = client.job(FlinkJobId(intent["flink_job_id"]))
        if picture is None:
            raise job_lost(run, intent)
        rule = HealthRule(intent["restore_from"], intent["checkpoints"])
        before = {**intention.progress}
        remembered = before.pop(FAILED_RESTORE, None)
        verdict, memory = judge(picture, rule, Memory.of(before))
        if verdict.state == "healthy":
            return _recorded(run, intention, picture)
        late = intention.elapsed.total_seconds() > intent["deadline_seconds"]
        if verdict.state == "failing" or late:
            deployment = run.services.ledger.deployment(run.job, picture.id)
            failed = failed_restore(run.services, deployment, picture)
            if failed is not None and remembered is None:
                progress = {**memory.as_progress(), FAILED_RESTORE: failed}
                return Pending(verdict.reason, _POLL, progress, must_remember=True)
            raise not_healthy(run, intent, verdict.reason, is_late=late)
        return Pending(verdict.reason, _POLL, memory.as_progress())

    def act(self, run: Run, intention: Intention) -> None:
        """Write that the deployment has passed: into its kept copy, then into the ledger."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        record_as_healthy(run, job_id, still_true=f"Flink job {job_id} runs, and is healthy.")


def record_as_healthy(run: Run, job_id: FlinkJobId, *, still_true: str) -> None:
    """Into the kept copy of the deployment, then into the ledger."""
    deployment = run.services.ledger.deployment(run.job, job_id)
    with writing_artefacts(run, still_true=still_true):
        keep_submission(run.services, replace(deployment, state="healthy"))
    run.services.ledger.update_deployment(run.lease, job_id, "healthy")


def job_lost(run: Run, intent: Json) -> Rejected:
    """Flink no longer knows a job that it had taken."""
    return Rejected(
        f"{run.job}: Flink {intent['line']} no longer knows job {intent['flink_job_id']}; "
        "its JobManager has restarted",
        still_true="Its retained checkpoints are there.",
        next_step=f"headgate deploy {run.job}",
    )


def not_healthy(run: Run, intent: Json, reason: str, *, is_late: bool) -> Rejected:
    """A job that runs, and is not what it should be."""
    return Rejected(
        f"{run.job} did not become healthy"
        + (f" within {intent['deadline_seconds']:.0f} s" if is_late else "")
        + f": {reason}",
        still_true=f"Flink job {intent['flink_job_id']} was left as it is.",
        next_step=f"headgate status {run.job}; headgate logs flink-{intent['line']}-"
        "taskmanager; mend the cause and deploy again",
    )


def _recorded(run: Run, intention: Intention, picture: JobPicture) -> Look:
    checkpoints = picture.checkpoints.completed
    job_id = intention.intent["flink_job_id"]
    for deployment in run.services.ledger.deployments(run.job):
        if deployment.flink_job_id == job_id and deployment.state == "healthy":
            seconds = round(intention.elapsed.total_seconds(), 1)
            note = f"{checkpoints} checkpoints"
            times = first_times(picture)
            return Done({"checkpoints": checkpoints, "seconds": seconds, **times, "note": note})
    return Absent()


def first_times(picture: JobPicture) -> dict[str, str | None]:
    """When the job was made, restored, and had its first checkpoint, as Flink tells.

    None where Flink's history no longer reaches back to it.
    """
    done = [one for one in picture.history if one.state == "completed" and not one.is_savepoint]
    is_whole = len(done) >= picture.checkpoints.completed
    first = min(done, key=lambda one: one.triggered_at) if done and is_whole else None
    restored = picture.restored
    return {
        "started_at": picture.started_at.isoformat(),
        "restored_at": restored.at.isoformat() if restored else None,
        "first_checkpoint_triggered_at": first.triggered_at.isoformat() if first else None,
        "first_checkpoint_at": (first.triggered_at + first.duration).isoformat() if first else None,
    }
