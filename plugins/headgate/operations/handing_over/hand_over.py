"""The hand-over, step by step, as a phase of an operation."""

from collections.abc import Mapping
from datetime import timedelta

from headgate.ledger.records import Json
from headgate.operations.ending.cancel_step import CancelJob
from headgate.operations.engine.phases import Tried, why_failed, within
from headgate.operations.engine.step import Run, Step
from headgate.operations.handing_over.agree import Agree
from headgate.operations.handing_over.call_off import OpenFirst, RemoveSecond
from headgate.operations.handing_over.catch_up import CatchUp
from headgate.operations.handing_over.keep_plan import KeepPlan
from headgate.operations.handing_over.let_pass import LetPass
from headgate.operations.handing_over.record_end import RecordEnd
from headgate.operations.handing_over.record_second import RecordSecond
from headgate.operations.handing_over.stage_beside import (
    CompareBeside,
    DescribeBeside,
    StageBeside,
)
from headgate.operations.handing_over.submit_beside import SubmitBeside
from headgate.operations.savepointing.found_savepoint import savepoint_folder
from headgate.operations.savepointing.record_savepoint import RecordSavepoint
from headgate.operations.savepointing.take_savepoint import TakeSavepoint
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint
from headgate.operations.upgrading.plan_upgrade import live_deployment

CUT_OVER = "cut_over"
"""The phase of an upgrade in which it happens; that of a rollback has another name."""
_PASSES_WITHIN = timedelta(minutes=10)
_STOPS_WITHIN = timedelta(minutes=3)
_ASKED_AGAIN_FOR = timedelta(seconds=30)


def hand_over_steps(phase: str, evidence: Mapping[str, Json], plan: Json) -> tuple[Step, ...]:
    """Savepoint → stage → submit → caught_up → agree → record → pass → stop → keep_plan.

    Where it is called off, the steps end with those that remove the second job. `plan` is that of
    the phase.
    """
    deadline = timedelta(seconds=plan["deadline_seconds"])
    is_sql = plan["kind"] == "sql"
    begin: tuple[Step, ...] = (
        TakeSavepoint(live_deployment, "canonical", _folder_beside),
        RecordSavepoint(live_deployment, "upgrade", pinned=True),
        *(() if is_sql else (DescribeBeside(),)),
        StageBeside(),
        CompareBeside(),
    )
    tried: tuple[Step, ...] = (
        Tried(SubmitBeside(), deadline),
        Tried(CatchUp(), deadline + _ASKED_AGAIN_FOR),
        Agree(),
    )
    steps = [*begin]
    for step in tried:
        steps.append(step)
        if was_called_off(evidence, f"{phase}.{step.name}"):
            return within(phase, (*steps, OpenFirst(), RemoveSecond()))
    steps += (RecordSecond(), Tried(LetPass(), _PASSES_WITHIN))
    is_lost = why_failed(evidence, f"{phase}.{LetPass.name}") is not None
    if not is_lost:
        steps.append(Tried(StopWithSavepoint(live_deployment), _STOPS_WITHIN))
        is_lost = why_failed(evidence, f"{phase}.{StopWithSavepoint.name}") is not None
    if is_lost:
        steps += (CancelJob(live_deployment), RecordEnd())
    else:
        steps.append(RecordStop(live_deployment, origin="upgrade", pinned=True))
    if is_sql:
        steps.append(KeepPlan())
    return within(phase, tuple(steps))


def _folder_beside(run: Run) -> str:
    """Not that of the savepoint with which the first job is stopped in the end."""
    return f"{savepoint_folder(run, live_deployment(run).generation)}-beside"


def was_called_off(evidence: Mapping[str, Json], step: str) -> bool:
    """Whether it failed when nothing had been split yet."""
    failed = why_failed(evidence, step) is not None
    return failed and evidence[step].get("instant") is None


def why_called_off(phase: str, evidence: Mapping[str, Json]) -> str | None:
    """The cause; None where it was not."""
    steps = (f"{phase}.{name}" for name in (SubmitBeside.name, CatchUp.name, Agree.name))
    return next(
        (why_failed(evidence, step) for step in steps if was_called_off(evidence, step)), None
    )


def why_not_whole(phase: str, evidence: Mapping[str, Json]) -> str | None:
    """Why what the two jobs have published is not all, each result once; None where it is."""
    steps = (f"{phase}.{name}" for name in (Agree.name, LetPass.name))
    return next((why for step in steps if (why := why_failed(evidence, step))), None)
