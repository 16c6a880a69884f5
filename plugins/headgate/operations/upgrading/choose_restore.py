"""Choose what the old version goes on from, when the new job has ended for good."""

from datetime import timedelta
from typing import Any, ClassVar

from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import snapshots_below
from headgate.errors import NeedsOperator
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.phases import why_failed
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.restoring.chosen_snapshot import choose_snapshot
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.savepointing.found_savepoint import found_savepoint
from headgate.operations.upgrading.sink_offsets import ends_of
from headgate.plan.rolled_back import RolledBack


class ChooseRestore:
    """Evidence: the snapshot, whether it is the new job's own, and what that means for results."""

    name: ClassVar[str] = "restore"
    title: ClassVar[str] = "Choose the savepoint to go back to"
    patience: ClassVar[timedelta] = timedelta(minutes=5)

    def intend(self, run: Run) -> Json:
        """The new job."""
        plan = run.evidence["plan"]
        return {"new": plan["new"], "new_line": plan["new_line"], "pinned": plan["pinned"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Choose. Raises NeedsOperator if what would be restored is broken."""
        deployment = _deployment(run, intention.intent["new"])
        if deployment is not None and deployment.state == "healthy":
            return Absent()
        own = _own_savepoint(run)
        location, gating = _restored(run, own)
        problem = metadata_problem(location)
        if problem is not None:
            raise NeedsOperator(
                f"{run.job}: {location}, from which the old version would go on, cannot be "
                f"restored: {problem}",
                still_true="The new version has ended; nothing was started, nothing was deleted.",
                next_step=f"headgate savepoints {run.job}; headgate start {run.job} --from one",
            )
        plan = run.evidence["plan"]
        has_published = (
            own is not None or plan["is_last"] or _has_completed_checkpoints(run, intention.intent)
        )
        ends = ends_of(run.services, sorted(plan["ends_before"]))
        written = RolledBack(exact=False, repeated_from_offsets={}, repeated_to_offsets=ends)
        evidence: dict[str, Any] = {
            "location": location,
            **gating,
            "is_own_savepoint": own is not None,
            "exact": own is not None or not has_published,
            "reason": _reason(run, own, has_published=has_published),
            "ends_after": written.to_json()["repeated_to_offsets"],
        }
        return Done({**evidence, "note": f"{location}: {evidence['reason']}"})

    def act(self, run: Run, intention: Intention) -> None:
        """What was healthy has been cancelled, and has left its retained checkpoint."""
        job_id = FlinkJobId(intention.intent["new"])
        run.services.ledger.update_deployment(run.lease, job_id, "cancelled")


def _restored(run: Run, own: str | None) -> tuple[str, Json]:
    """The snapshot, whose it is, and up to where its results were published by another job."""
    plan = run.evidence["plan"]
    if own is not None:
        return own, {"state_of": plan["new"]}
    base = FlinkJobId(plan["base"])
    if not plan.get("goes_on"):
        gating = {"after": plan["after"]} if plan["is_handed_over"] else {}
        return plan["pinned"], {"state_of": base, **gating}
    chosen = choose_snapshot(
        run.services, run.job, base, named=None, accept_age=True, command="recover"
    )
    return chosen.snapshot.location, {"state_of": chosen.made_by}


def _deployment(run: Run, new: str | None) -> DeploymentRecord | None:
    known = run.services.ledger.deployments(run.job)
    return next((one for one in known if one.flink_job_id == new), None)


def _own_savepoint(run: Run) -> str | None:
    """That of the stop, also where it was whole only after it was given up."""
    stop = run.evidence.get("stop")
    if stop is None or not run.evidence["plan"]["exact_way"]:
        return None
    if why_failed(run.evidence, "stop") is None:
        return str(stop["location"])
    ended_as = run.evidence.get("cancel", {}).get("ended_as")
    found = found_savepoint(stop["folder"], None)
    is_whole = found is not None and found.problem is None
    return found.location if found is not None and is_whole and ended_as == "FINISHED" else None


def _has_completed_checkpoints(run: Run, intent: Json) -> bool:
    """Results become visible with a completed checkpoint, of which a cancelled job keeps some."""
    if intent["new"] is None:
        return False
    picture = run.services.flink(FlinkLineName(intent["new_line"])).job(FlinkJobId(intent["new"]))
    if picture is not None and picture.checkpoints.completed > 0:
        return True
    folder = f"{checkpoint_folder(run.services, run.job)}/{intent['new']}"
    return bool(snapshots_below(folder, levels=(1,)))


def _reason(run: Run, own: str | None, *, has_published: bool) -> str:
    if own is not None:
        return "the new job was stopped with it"
    why_not = run.evidence["plan"]["why_not"] or why_failed(run.evidence, "stop") or ""
    if not has_published:
        return "the new version had published nothing yet"
    return why_not.splitlines()[0] if why_not else "the new job left no savepoint"
