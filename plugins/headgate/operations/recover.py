"""Recover a job that is missing or failing: what ran last, from its newest usable snapshot."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.cluster_turn import AwaitTurn
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.ending.cancel_step import CancelJob
from headgate.operations.engine.step import Run, Step
from headgate.operations.restoring.plan_restart import PlanRestart
from headgate.operations.restoring.record_healthy import RecordHealthy
from headgate.operations.restoring.restart_request import restart_request
from headgate.operations.restoring.restart_steps import ChooseSnapshot, ReuseArtefacts
from headgate.operations.services import Services


class Recover:
    """turn → plan → (cancel) → restore → stage → submit → restored → healthy.

    Where it lives, only what is seen of it is recorded: turn → plan → record_healthy.
    """

    kind: ClassVar[str] = "recover"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Any job that was ever deployed, declared or no longer."""
        return restart_request(services, self.kind, job, options)

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows the plan depends on what was found."""
        plan = evidence.get(PlanRestart.name)
        if plan is None:
            return (
                AwaitTurn(),
                PlanRestart("recover"),
            )
        if plan["action"] == "keep":
            return (AwaitTurn(), PlanRestart("recover"), RecordHealthy())
        cancelled: list[Step] = [CancelJob(_failing)] if plan["cancel"] else []
        return (
            AwaitTurn(),
            PlanRestart("recover"),
            *cancelled,
            ChooseSnapshot(),
            ReuseArtefacts(),
            Submit(),
            ConfirmRestored(),
            BecomeHealthy(),
        )


def _failing(run: Run) -> DeploymentRecord:
    job_id = FlinkJobId(run.evidence[PlanRestart.name]["cancel"])
    return run.services.ledger.deployment(run.job, job_id)


OPERATION = Recover()
"""The steps that bring a job back."""
