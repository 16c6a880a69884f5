"""First step of what acts on a running job: find its deployment."""

from datetime import timedelta
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.ledger_age import refuse_older_ledger
from headgate.operations.services import Services
from headgate.spec.suggestion import did_you_mean, quoted


class FindRunning(OnlyLooks):
    """Find the deployment that runs. Reads only."""

    name: ClassVar[str] = "find"
    title: ClassVar[str] = "Find the running job"
    patience: ClassVar[timedelta] = timedelta(0)

    def look(self, run: Run, intention: Intention) -> Look:
        """The latest deployment, if Flink says that it has not ended."""
        del intention
        refuse_older_ledger(run.services, run.job)
        deployments = run.services.ledger.deployments(run.job)
        if deployments:
            latest = deployments[0]
            picture = run.services.flink(latest.line).job(latest.flink_job_id)
            if picture is not None and not picture.is_terminal:
                return Done({"flink_job_id": latest.flink_job_id})
        raise Rejected(
            f"{run.job} does not run: "
            + ("its last deployment has ended" if deployments else "it was never deployed"),
            still_true="Nothing was changed.",
            next_step=f"headgate status {run.job}",
        )


def running_deployment(run: Run) -> DeploymentRecord:
    """What `FindRunning` has found."""
    job_id = FlinkJobId(run.evidence[FindRunning.name]["flink_job_id"])
    return run.services.ledger.deployment(run.job, job_id)


def refuse_never_deployed(services: Services, job: JobName) -> None:
    """Any job that was ever deployed is taken, declared or no longer.

    Raises:
        Rejected: it was never deployed.
        NeedsOperator: it was, but the ledger was lost.

    """
    recorded = {deployment.job for deployment in services.ledger.deployments()}
    if job not in recorded:
        refuse_older_ledger(services, job)
        raise Rejected(
            f"{quoted(job)} was never deployed{did_you_mean(job, recorded)}",
            still_true="Nothing was changed.",
            next_step="headgate status",
        )
