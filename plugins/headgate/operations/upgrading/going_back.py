"""Going back to the version before an upgrade: exactly where it can be, else from its savepoint."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.first_checkpoint import FirstCheckpoint
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.ending.cancel_step import CancelJob
from headgate.operations.engine.phases import LastWay, Tried, Within, why_failed, within
from headgate.operations.engine.step import Run, Step
from headgate.operations.handing_over.keep_plan import KeepPlan
from headgate.operations.restoring.restart_steps import ReuseArtefacts
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint
from headgate.operations.upgrading.choose_restore import ChooseRestore
from headgate.operations.upgrading.plan_back import PlanBack
from headgate.operations.upgrading.record_rollback import RecordRollback

BACK, LAST = "back", "last"
_ASKED_AGAIN_FOR = timedelta(seconds=30)


@dataclass(frozen=True)
class GoingBack:
    """The steps; `upgrade` gives the evidence of the upgrade that is taken back."""

    upgrade: Callable[[Run], Mapping[str, Json]]

    def steps(self, evidence: Mapping[str, Json]) -> tuple[Step, ...]:
        """Phase `back`: plan → stop → cancel → restore → stage → submit → healthy; then `outcome`.

        Where the exact way was begun and failed, `last` does the same once more, from the pinned
        savepoint.
        """
        plan = evidence.get(f"{BACK}.plan")
        if plan is None:
            return within(BACK, (PlanBack(self.upgrade),))
        steps = [*self._phase(BACK, evidence, plan, is_last=not plan["exact_way"])]
        failed = _why_back_failed(evidence)
        if failed is not None and _was_exact(evidence):
            last = evidence.get(f"{LAST}.plan")
            steps.append(Within(LAST, PlanBack(self.upgrade, is_last=True)))
            if last is None:
                return tuple(steps)
            steps += self._phase(LAST, evidence, last, is_last=True)[1:]
        return (*steps, RecordRollback())

    def _phase(
        self, phase: str, evidence: Mapping[str, Json], plan: Json, *, is_last: bool
    ) -> tuple[Step, ...]:
        stopped: list[Step] = []
        if plan["exact_way"]:
            within_time = timedelta(seconds=plan["stop_within_seconds"])
            stopped.append(Tried(StopWithSavepoint(_new_deployment, by_list=True), within_time))
            stop = evidence.get(f"{phase}.stop")
            if stop is not None and why_failed(evidence, f"{phase}.stop") is None:
                stopped.append(RecordStop(_new_deployment))
        cancelled: list[Step] = [CancelJob(_new_deployment)] if plan["new"] else []
        is_exact = _was_exact(evidence) and not is_last
        restore = evidence.get(f"{phase}.restore")
        point = restore["location"] if restore else plan["pinned"]
        return within(
            phase,
            (
                PlanBack(self.upgrade, is_last=phase == LAST),
                *stopped,
                *cancelled,
                ChooseRestore(),
                ReuseArtefacts(),
                *(_tried(phase, evidence, plan) if is_exact else _last_way(plan, point)),
                *((KeepPlan(),) if plan["is_handed_over"] and plan["kind"] == "sql" else ()),
            ),
        )


def _tried(phase: str, evidence: Mapping[str, Json], plan: Json) -> tuple[Step, ...]:
    deadline = timedelta(seconds=plan["deadline_seconds"])
    submit = Tried(Submit(), deadline)
    if why_failed(evidence, f"{phase}.submit"):
        return (submit,)
    restored = Tried(ConfirmRestored(), deadline)
    if why_failed(evidence, f"{phase}.restored"):
        return (submit, FirstCheckpoint(), restored)
    healthy = Tried(BecomeHealthy(), deadline + _ASKED_AGAIN_FOR)
    return (submit, FirstCheckpoint(), restored, healthy)


def _last_way(plan: Json, point: str) -> tuple[Step, ...]:
    job = plan["job"]
    true = f"The rollback point {point} is pinned, and nothing of it was deleted."
    then = (
        f"headgate status {job}; headgate logs flink-{plan['line']}-taskmanager; mend the cause, "
        f"then headgate recover {job}, or headgate start {job} --from {point}"
    )
    submit, restored, healthy = (
        LastWay(step, true, then) for step in (Submit(), ConfirmRestored(), BecomeHealthy())
    )
    return (submit, FirstCheckpoint(), restored, healthy)


def _was_exact(evidence: Mapping[str, Json]) -> bool:
    """Whether what was restored was the new job's own last savepoint."""
    restore = evidence.get(f"{BACK}.restore")
    return restore is not None and restore["is_own_savepoint"]


def _why_back_failed(evidence: Mapping[str, Json]) -> str | None:
    steps = (f"{BACK}.submit", f"{BACK}.restored", f"{BACK}.healthy")
    return next((why for step in steps if (why := why_failed(evidence, step))), None)


def _new_deployment(run: Run) -> DeploymentRecord:
    """The new version's job; where it did not come so far, the ledger has no deployment of it."""
    plan = run.evidence["plan"]
    job_id = FlinkJobId(plan["new"])
    for deployment in run.services.ledger.deployments(run.job):
        if deployment.flink_job_id == job_id:
            return deployment
    raise KeyError(FlinkLineName(plan["new_line"]), job_id)
