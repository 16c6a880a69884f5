"""Change the parallelism of a running job, which goes on as the same Flink job."""

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import FlinkClient
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.kept_submission import keep_submission
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run


class RescaleInPlace:
    """Done when every vertex has its parallelism and a checkpoint has completed since."""

    name: ClassVar[str] = "rescale"
    title: ClassVar[str] = "Rescale in place"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The job, and what each of its vertices is to have by when."""
        plan = run.evidence["plan"]
        return {
            "flink_job_id": plan["base"],
            "line": plan["line"],
            "vertices": plan["vertices"],
            "deadline_seconds": plan["deadline_seconds"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """The vertices first; what was asked of the scheduler while they are not there yet."""
        intent, client = intention.intent, _client(run, intention)
        job_id = FlinkJobId(intent["flink_job_id"])
        picture = client.job(job_id)
        if picture is None or picture.is_terminal:
            raise Rejected(
                f"{run.job} has ended while it was rescaled",
                still_true="Its retained checkpoints are there.",
                next_step=f"headgate recover {run.job}",
            )
        wanted: dict[str, int] = intent["vertices"]
        have = {one.id: one.parallelism for one in picture.vertices if one.state == "RUNNING"}
        if have == wanted:
            before = intention.progress.get("completed")
            completed = picture.checkpoints.completed
            if before is not None and completed > before:
                return Done({"note": f"{completed - before} checkpoints since"})
            progress = {"completed": completed} if before is None else None
            return self._waiting(run, intention, "a checkpoint has to complete", progress)
        if dict(client.resource_requirements(job_id)) != wanted:
            return Absent()
        running = sum(have.get(vertex) == count for vertex, count in wanted.items())
        return self._waiting(run, intention, f"{running} of {len(wanted)} vertices have it")

    def act(self, run: Run, intention: Intention) -> None:
        """Ask for it."""
        _client(run, intention).require_parallelism(
            FlinkJobId(intention.intent["flink_job_id"]), intention.intent["vertices"]
        )

    def _waiting(
        self, run: Run, intention: Intention, note: str, progress: Json | None = None
    ) -> Pending:
        deadline = intention.intent["deadline_seconds"]
        if intention.elapsed.total_seconds() > deadline:
            raise Rejected(
                f"{run.job} was not rescaled within {deadline:.0f} s: {note}",
                still_true="The scheduler was asked for it, and does it when it can.",
                next_step=f"headgate status {run.job}, then headgate rescale {run.job} again",
            )
        seconds = timedelta(seconds=1)
        return Pending(note, seconds, progress, must_remember=progress is not None)


class RecordRescale:
    """Writes the parallelism with which the job is brought back from now on."""

    name: ClassVar[str] = "record_rescale"
    title: ClassVar[str] = "Record the parallelism"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The deployment and its parallelism."""
        plan = run.evidence["plan"]
        return {"flink_job_id": plan["base"], "parallelism": plan["parallelism"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the row says so."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        deployment = run.services.ledger.deployment(run.job, job_id)
        wanted = intention.intent["parallelism"]
        return Done({"note": str(wanted)}) if deployment.parallelism == wanted else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Into the kept copy, then into the ledger."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        ledger, wanted = run.services.ledger, intention.intent["parallelism"]
        deployment = ledger.deployment(run.job, job_id)
        keep_submission(run.services, replace(deployment, parallelism=wanted))
        ledger.update_deployment(run.lease, job_id, deployment.state, parallelism=wanted)


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))
