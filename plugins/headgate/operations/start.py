"""Start a job that was stopped or cancelled: what ran last, from its newest or a named snapshot."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.cluster_turn import AwaitTurn
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.engine.step import Step
from headgate.operations.restoring.plan_restart import PlanRestart
from headgate.operations.restoring.restart_request import restart_request
from headgate.operations.restoring.restart_steps import ChooseSnapshot, ReuseArtefacts
from headgate.operations.services import Services


class Start:
    """turn → plan → restore → stage → submit → restored → healthy."""

    kind: ClassVar[str] = "start"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Any job that was ever deployed, declared or no longer."""
        return restart_request(services, self.kind, job, options)

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same seven."""
        del evidence
        return (
            AwaitTurn(),
            PlanRestart("start"),
            ChooseSnapshot(),
            ReuseArtefacts(),
            Submit(),
            ConfirmRestored(),
            BecomeHealthy(),
        )


OPERATION = Start()
"""The steps that start a job again."""
