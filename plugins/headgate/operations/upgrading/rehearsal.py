"""The rehearsal of an upgrade: the live job's state on the target, and the way back from there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from headgate.clients.storage import delete_folder, is_there
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.phases import FAILED, Tried, Within, why_failed, within
from headgate.operations.engine.step import Absent, Done, Intention, Look, OnlyLooks, Run, Step
from headgate.operations.proving.end_shadow import EndShadow
from headgate.operations.proving.stage_shadow import StageShadow
from headgate.operations.proving.submit_shadow import SubmitShadow, rehearsal_folder
from headgate.operations.proving.watch_shadow import WatchShadow
from headgate.operations.savepointing.record_savepoint import RecordSavepoint
from headgate.operations.savepointing.take_savepoint import TakeSavepoint
from headgate.operations.upgrading.judge_rehearsal import JudgeRehearsal
from headgate.operations.upgrading.plan_upgrade import live_deployment

REHEARSE, WAY_BACK = "rehearse", "way_back"
_TRIED_FOR = timedelta(minutes=5)


def rehearsal_steps(evidence: Mapping[str, Json]) -> tuple[Step, ...]:
    """Phase `rehearse`: savepoint → record → choose → stage → submit → watch → end.

    In between the way back: a savepoint of the shadow job before it ends, restored on the old line.
    """
    steps: list[Step] = [
        *within(
            REHEARSE,
            (
                TakeSavepoint(live_deployment, "canonical"),
                RecordSavepoint(live_deployment, "rehearsal"),
                ChooseRehearsed(),
                StageShadow(),
                SubmitShadow(),
                WatchShadow(),
            ),
        )
    ]
    watched = evidence.get(f"{REHEARSE}.{WatchShadow.name}")
    if watched is None:
        return tuple(steps)
    goes_back = watched["verdict"] == "proven" and evidence["plan"]["is_only_line"]
    if goes_back:
        of_shadow = TakeSavepoint(_shadow, "canonical", _folder_of_way_back)
        steps.append(Within(WAY_BACK, Tried(of_shadow, _TRIED_FOR)))
    steps.append(Within(REHEARSE, EndShadow()))
    if goes_back:
        steps += within(WAY_BACK, _way_back(evidence))
    return (*steps, JudgeRehearsal())


def _way_back(evidence: Mapping[str, Json]) -> Sequence[Step]:
    chosen = evidence.get(f"{WAY_BACK}.{ChooseWayBack.name}")
    if chosen is None:
        return (ChooseWayBack(),)
    if chosen["problem"] is not None:
        return (ChooseWayBack(), CleanUp())
    submit = Tried(SubmitShadow(), _TRIED_FOR)
    if why_failed(evidence, f"{WAY_BACK}.{SubmitShadow.name}"):
        return (ChooseWayBack(), StageShadow(), submit, EndShadow())
    return (ChooseWayBack(), StageShadow(), submit, WatchShadow(), EndShadow())


class ChooseRehearsed(OnlyLooks):
    """Evidence as that of a restore test: the live job's savepoint, restored on the target."""

    name: ClassVar[str] = "choose"
    title: ClassVar[str] = "Rehearse with the savepoint"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoint."""
        return {"location": run.evidence[TakeSavepoint.name]["location"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """All of it is known."""
        plan = run.evidence["plan"]
        return Done(
            {
                "location": intention.intent["location"],
                "problem": None,
                "line": plan["line"],
                "live_line": plan["from_line"],
                "flink_job_id": plan["stop"],
                "kind": plan["kind"],
                "spec_digest": plan["spec_digest"],
                "artefacts": run.evidence["stage"]["folder"],
                "parallelism": plan["parallelism"],
                "checkpoints": plan["checkpoints"],
                "checkpoint_interval_seconds": plan["checkpoint_interval_seconds"],
                "deadline_seconds": plan["deadline_seconds"],
                "note": intention.intent["location"],
            }
        )


class ChooseWayBack(OnlyLooks):
    """Evidence as that of a restore test: the shadow's savepoint, restored on the old line.

    `problem` says why the way back is not tried: that is no reason against the upgrade.
    """

    name: ClassVar[str] = "choose"
    title: ClassVar[str] = "Rehearse the way back"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The savepoint, or why there is none."""
        taken = run.evidence[TakeSavepoint.name]
        return {"location": taken.get("location"), "problem": taken.get(FAILED)}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the old line has the slots for it."""
        plan, live = run.evidence["plan"], live_deployment(run)
        problem = intention.intent["problem"]
        free = run.services.flink(live.line).overview().slots_available
        needed = plan["from_parallelism"]
        if problem is None and free < needed:
            problem = f"Flink {live.line} has {free} free task slots, {needed} are needed"
        return Done(
            {
                "location": intention.intent["location"],
                "problem": problem,
                "line": live.line,
                "flink_job_id": live.flink_job_id,
                "kind": plan["kind"],
                "spec_digest": plan["spec_digest_of_way_back"],
                "artefacts": live.artefacts,
                "parallelism": needed,
                "checkpoint_interval_seconds": plan["checkpoint_interval_seconds"],
                "deadline_seconds": plan["deadline_seconds"],
                "note": f"not tried: {problem}" if problem else intention.intent["location"],
            }
        )


class CleanUp:
    """Nothing of a rehearsal stays."""

    name: ClassVar[str] = "end"
    title: ClassVar[str] = "Clear up"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The folder."""
        return {"folder": rehearsal_folder(run)}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether anything is left."""
        del run
        return Absent() if is_there(intention.intent["folder"]) else Done({})

    def act(self, run: Run, intention: Intention) -> None:
        """Delete it."""
        del run
        delete_folder(intention.intent["folder"])


def _shadow(run: Run) -> DeploymentRecord:
    """The shadow job of the rehearsal, in the form of a deployment; the ledger has none of it."""
    intent = run.evidence[f"{REHEARSE}.{SubmitShadow.name}"]
    return replace(
        live_deployment(run),
        flink_job_id=FlinkJobId(intent["flink_job_id"]),
        line=FlinkLineName(intent["line"]),
    )


def _folder_of_way_back(run: Run) -> str:
    """Beside the checkpoints of the second shadow job, and deleted with them."""
    return f"{rehearsal_folder(run)}/savepoint"
