"""First step of a restore test: which savepoint, and whether it can be tried. Reads only."""

from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from headgate.clients.locations import same_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import content_of
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord, Json, SnapshotRecord
from headgate.operations.declared_one_by_one import declared_by_itself
from headgate.operations.deployment.bound_job import BoundJob, bind_by_itself
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.services import Services
from headgate.plan.binding import MODULE_FILE, PLAN_FILE


class ChooseSavepoint(OnlyLooks):
    """Evidence: the savepoint, what it is restored with, and what is seen to be wrong with it."""

    name: ClassVar[str] = "choose"
    title: ClassVar[str] = "Choose the savepoint"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The one that was named, if any."""
        return {"from": run.operation.request.get("from")}

    def look(self, run: Run, intention: Intention) -> Look:
        """Choose, or say why nothing can be proven now."""
        named = intention.intent.get("from")
        savepoint = (
            _named(run.services, run.job, named) if named else _newest(run.services, run.job)
        )
        place = savepoint.location
        problem = content_of(place).problem or metadata_problem(place)
        if problem is not None:
            return Done({"location": savepoint.location, "problem": problem, "note": problem})
        deployment = run.services.ledger.deployment(run.job, savepoint.flink_job_id)
        job = declared_by_itself(run.services, run.job)
        bound = bind_by_itself(run.services, run.job, job.digest, savepoint.line)
        artefacts = _artefacts_that_fit(deployment, bound)
        _refuse_without_slots(run, savepoint, bound)
        return Done(_evidence(savepoint, bound, artefacts))


def _newest(services: Services, job: JobName) -> SnapshotRecord:
    for record in services.ledger.snapshots(job):
        if record.kind == "savepoint" and record.state == "whole":
            return record
    raise Rejected(
        f"{job} has no recorded savepoint that could be proven",
        still_true="Nothing was changed.",
        next_step=f"headgate savepoint {job}",
    )


def _named(services: Services, job: JobName, location: str) -> SnapshotRecord:
    """Also one in quarantine: it may have got there for a reason that was not its own."""
    for record in services.ledger.snapshots(job):
        if same_location(record.location, location) and record.kind == "savepoint":
            if record.state != "disposing":
                return record
            break
    raise Rejected(
        f"{job} has no recorded savepoint {location} that could be proven",
        still_true="Nothing was changed.",
        next_step=f"headgate savepoints {job}",
    )


def _artefacts_that_fit(deployment: DeploymentRecord, bound: BoundJob) -> Path:
    """What made the savepoint is what restores it: its compiled plan, or its code."""
    name = bound.job.name
    folder = Path(deployment.artefacts) if deployment.artefacts else None
    if folder is None or not folder.is_dir():
        raise Rejected(
            f"{name}: what the savepoint was made with is no longer there: {folder}",
            still_true="Nothing was started; the savepoint is as it was.",
            next_step=f"headgate deploy {name}, headgate savepoint {name}, then try again",
        )
    if bound.job.kind == "sql":
        same = bound.plan_digest == deployment.plan_digest and (folder / PLAN_FILE).is_file()
    else:
        same = (folder / MODULE_FILE).read_text(encoding="utf-8") == bound.job.code
    if not same:
        raise Rejected(
            f"{name}: its code has changed since the savepoint was made and is not deployed yet",
            still_true="Nothing was started; the savepoint is as it was.",
            next_step=f"headgate deploy {name}, then try again",
        )
    return folder


def _refuse_without_slots(run: Run, savepoint: SnapshotRecord, bound: BoundJob) -> None:
    free = run.services.flink(savepoint.line).overview().slots_available
    needed = bound.job.spec.parallelism
    if free < needed:
        raise Rejected(
            f"{run.job}: a shadow job needs {needed} free task slots, Flink {savepoint.line} has "
            f"{free}",
            still_true="Nothing was started; the savepoint is as it was.",
            next_step="give the cluster more slots, or try again when another job has ended",
        )


def _evidence(savepoint: SnapshotRecord, bound: BoundJob, artefacts: Path) -> dict[str, Any]:
    spec = bound.job.spec
    return {
        "location": savepoint.location,
        "problem": None,
        "line": savepoint.line,
        "flink_job_id": savepoint.flink_job_id,
        "kind": bound.job.kind,
        "spec_digest": bound.job.digest,
        "artefacts": str(artefacts),
        "parallelism": spec.parallelism,
        "checkpoint_interval_seconds": spec.checkpoint_interval.total_seconds(),
        "deadline_seconds": spec.health.deadline.total_seconds(),
        "note": savepoint.location,
    }
