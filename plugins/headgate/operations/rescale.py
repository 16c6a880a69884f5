"""Give a running job another parallelism: in place where its scheduler can, else by a restart."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.engine.step import Step
from headgate.operations.options import refuse_unknown_options, whole_number
from headgate.operations.rescaling.plan_rescale import PlanRescale
from headgate.operations.rescaling.rescale_in_place import (
    RecordRescale,
    RescaleInPlace,
    TakeRescaleBack,
)
from headgate.operations.restoring.restart_steps import ReuseArtefacts, restarted_deployment
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint


class Rescale:
    """plan → rescale → record_rescale where the cluster can do it in place; take_back if it cannot.

    Elsewhere plan → stop → record_stop → stage → submit → restored → healthy.
    """

    kind: ClassVar[str] = "rescale"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The parallelism. What is declared stays as it is; `status` tells of the difference."""
        refuse_unknown_options(options, "parallelism")
        parallelism = whole_number(options, "parallelism")
        refuse_never_deployed(services, job)
        return {"parallelism": parallelism}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows the plan depends on the scheduler of the cluster."""
        plan = evidence.get(PlanRescale.name)
        if plan is None or plan["action"] == "keep":
            return (PlanRescale(),)
        if plan["action"] == "in_place":
            late = evidence.get(RescaleInPlace.name, {}).get("is_late", False)
            after: Step = TakeRescaleBack() if late else RecordRescale()
            return (PlanRescale(), RescaleInPlace(), after)
        return (
            PlanRescale(),
            StopWithSavepoint(restarted_deployment),
            RecordStop(restarted_deployment),
            ReuseArtefacts(),
            Submit(),
            ConfirmRestored(),
            BecomeHealthy(),
        )


OPERATION = Rescale()
"""The steps that change a job's parallelism."""
