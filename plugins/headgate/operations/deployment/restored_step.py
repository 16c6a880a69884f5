"""After a submission: be sure that the job goes on from the snapshot that was asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.healthy_step import job_lost, not_healthy
from headgate.operations.deployment.kept_submission import keep_submission
from headgate.operations.ending.cancel_turn import cancel_and_wait
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run
from headgate.plan.restored import restore_of

_POLL = timedelta(milliseconds=500)
_ENDS_WITHIN = timedelta(seconds=20)
_SOONEST = timedelta(seconds=5)
_ANSWERS = 3
"""So many refresh intervals without a report are no delay of Flink's answers any more."""


class ConfirmRestored:
    """A job that was started from something else is cancelled before it is taken for healthy.

    What it has left is never continued from: its deployment is recorded as astray first.
    """

    name: ClassVar[str] = "restored"
    title: ClassVar[str] = "Confirm the restored state"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The job, and the snapshot that it was told to restore."""
        plan, submitted = run.evidence["plan"], run.evidence["submit"]
        return {
            "flink_job_id": submitted["flink_job_id"],
            "restore_from": submitted["restore_from"],
            "line": plan["line"],
            "deadline_seconds": plan["deadline_seconds"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Compare; a job that has ended before it could tell is the next step's to judge."""
        intent = intention.intent
        if intent["restore_from"] is None:
            return Done({"note": "nothing to restore"})
        client = _client(run, intent)
        picture = client.job(FlinkJobId(intent["flink_job_id"]))
        if picture is None:
            raise job_lost(run, intent)
        if _is_recorded_as_astray(run, intent):
            return _ended(run, intent, picture)
        overdue = _is_overdue(run, client, intention.progress)
        restore = restore_of(picture, intent["restore_from"], is_overdue=overdue)
        if restore.state == "otherwise":
            return Absent()
        if restore.state == "as asked" or picture.is_terminal:
            return Done({"restored_from": intent["restore_from"]})
        if intention.elapsed.total_seconds() > intent["deadline_seconds"]:
            raise not_healthy(run, intent, restore.reason, is_late=True)
        if _runs(picture) and "ran_at" not in intention.progress:
            progress = {"ran_at": run.services.clock.now().isoformat()}
            return Pending(restore.reason, _POLL, progress, must_remember=True)
        return Pending(restore.reason, _POLL)

    def act(self, run: Run, intention: Intention) -> None:
        """Write that nothing continues from it, then cancel it."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        deployment = run.services.ledger.deployment(run.job, job_id)
        run.services.ledger.update_deployment(run.lease, job_id, "astray")
        keep_submission(run.services, replace(deployment, state="astray"))
        cancel_and_wait(run, _client(run, intention.intent), job_id, _ENDS_WITHIN)


def _client(run: Run, intent: Json) -> FlinkClient:
    return run.services.flink(FlinkLineName(intent["line"]))


def _is_recorded_as_astray(run: Run, intent: Json) -> bool:
    job_id = FlinkJobId(intent["flink_job_id"])
    return run.services.ledger.deployment(run.job, job_id).state == "astray"


def _is_overdue(run: Run, client: FlinkClient, progress: Mapping[str, Any]) -> bool:
    if "ran_at" not in progress:
        return False
    since = run.services.clock.now() - datetime.fromisoformat(progress["ran_at"])
    return since > _SOONEST and since > _ANSWERS * client.refresh_interval()


def _runs(picture: JobPicture) -> bool:
    return bool(picture.vertices) and all(one.state == "RUNNING" for one in picture.vertices)


def _ended(run: Run, intent: Json, picture: JobPicture) -> Look:
    if not picture.is_terminal:
        return Pending("it is ending", _POLL) if picture.state == "CANCELLING" else Absent()
    found = f"from {picture.restored.path}" if picture.restored else "without state"
    asked = intent["restore_from"]
    again = "deploy" if run.operation.kind == "deploy" else "recover"
    raise Rejected(
        f"{run.job}: Flink {intent['line']} has started it {found}, asked for was {asked}",
        still_true="It was cancelled, and nothing continues from what it left; results that it "
        "had published by then stay as they are.",
        next_step=f"headgate {again} {run.job} (continues from {asked})",
    )
