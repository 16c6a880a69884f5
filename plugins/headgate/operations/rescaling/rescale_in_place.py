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
    """Done when every vertex has its parallelism and a checkpoint has completed since.

    Done too when that has not come about in time: the next step then takes it back. A restart
    with a savepoint would end a job that works, for slots that are perhaps not there.
    """

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
            seen = {"completed": completed, "after_seconds": intention.elapsed.total_seconds()}
            progress = seen if before is None else None
            return _waiting(intention, "a checkpoint has to complete", progress)
        if dict(client.resource_requirements(job_id)) != wanted:
            return Absent()
        running = sum(have.get(vertex) == count for vertex, count in wanted.items())
        return _waiting(intention, f"{running} of {len(wanted)} vertices have it")

    def act(self, run: Run, intention: Intention) -> None:
        """Ask for it."""
        _require(run, intention)


class TakeRescaleBack:
    """Asks for the parallelism of before, where the new one did not come about, and says so."""

    name: ClassVar[str] = "take_back"
    title: ClassVar[str] = "Take the rescaling back"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """What its vertices had before, and why the new parallelism is given up."""
        plan = run.evidence["plan"]
        return {
            "flink_job_id": plan["base"],
            "line": plan["line"],
            "vertices": plan["had"],
            "reason": run.evidence[RescaleInPlace.name]["reason"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is asked for; then the end of the operation says so."""
        intent, client = intention.intent, _client(run, intention)
        job_id = FlinkJobId(intent["flink_job_id"])
        picture = client.job(job_id)
        runs = picture is not None and not picture.is_terminal
        if runs and dict(client.resource_requirements(job_id)) != intent["vertices"]:
            return Absent()
        raise Rejected(
            f"{run.job} was not rescaled: {intent['reason']}",
            still_true="The parallelism of before is asked for again, and is what is recorded."
            if runs
            else "It has ended meanwhile; its retained checkpoints are there.",
            next_step=f"headgate status {run.job}; give the cluster free task slots, then headgate "
            f"rescale {run.job} again"
            if runs
            else f"headgate recover {run.job}",
        )

    def act(self, run: Run, intention: Intention) -> None:
        """Ask for it."""
        _require(run, intention)


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


def _require(run: Run, intention: Intention) -> None:
    _client(run, intention).require_parallelism(
        FlinkJobId(intention.intent["flink_job_id"]), intention.intent["vertices"]
    )


def _waiting(intention: Intention, note: str, progress: Json | None = None) -> Look:
    """The wait for a checkpoint begins when the vertices have their parallelism."""
    deadline = timedelta(seconds=intention.intent["deadline_seconds"])
    begun = timedelta(seconds=intention.progress.get("after_seconds", 0))
    if progress is None and intention.elapsed - begun > deadline:
        reason = f"it did not come about within {deadline.total_seconds():.0f} s: {note}"
        return Done({"is_late": True, "reason": reason, "note": reason})
    return Pending(note, timedelta(seconds=1), progress, must_remember=progress is not None)
