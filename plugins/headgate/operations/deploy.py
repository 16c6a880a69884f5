"""Deploy a job: from its declaration to one healthy Flink job, however often it is run."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.bound_job import declared_job
from headgate.operations.deployment.compile_step import CompilePlan
from headgate.operations.deployment.describe_step import DescribeState
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.deployment.plan_step import PlanDeployment
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.deployment.stage_step import StageArtefacts
from headgate.operations.deployment.state_step import CompareState
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.engine.step import Run, Step
from headgate.operations.options import flag, refuse_unknown_options
from headgate.operations.services import Services
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint


class Deploy:
    """plan → compile or describe → state → stage → submit → restored → healthy.

    Between stage and submit what runs is stopped and recorded so. A job that already runs as
    declared goes from plan to healthy.
    """

    kind: ClassVar[str] = "deploy"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The declaration as it is now, and whether the state of before is given up.

        `accept_age` takes a snapshot older than `recovery.max_age`; `runs_nowhere` says that the
        job has ended, also where headgate cannot look.
        """
        refuse_unknown_options(options, "start_empty", "accept_age", "runs_nowhere")
        start_empty = flag(options, "start_empty")
        agreed = {name: True for name in ("accept_age", "runs_nowhere") if flag(options, name)}
        return {
            "spec_digest": declared_job(services, job).digest,
            "start_empty": start_empty,
            **agreed,
        }

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows the plan depends on what was decided in it."""
        plan = evidence.get(PlanDeployment.name)
        if plan is None:
            return (PlanDeployment(),)
        if plan["action"] == "keep":
            return (PlanDeployment(), BecomeHealthy())
        compiled: Step = CompilePlan() if plan["kind"] == "sql" else DescribeState()
        stopped: list[Step] = (
            [StopWithSavepoint(_to_be_stopped), RecordStop(_to_be_stopped, pinned=True)]
            if plan["action"] == "replace"
            else []
        )
        return (
            PlanDeployment(),
            compiled,
            CompareState(),
            StageArtefacts(),
            *stopped,
            Submit(),
            ConfirmRestored(),
            BecomeHealthy(),
        )


def _to_be_stopped(run: Run) -> DeploymentRecord:
    job_id = FlinkJobId(run.evidence[PlanDeployment.name]["stop"])
    return run.services.ledger.deployment(run.job, job_id)


OPERATION = Deploy()
