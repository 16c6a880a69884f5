"""Stop a job with a savepoint: no result is lost, and the next deployment continues from it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.step import Done, Intention, Look, Run, Step
from headgate.operations.services import Services
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint
from headgate.spec.suggestion import did_you_mean


class FindRunning:
    """Find the deployment that runs. Reads only."""

    name: ClassVar[str] = "find"
    title: ClassVar[str] = "Find the running job"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """Nothing is intended yet."""
        del run
        return {}

    def look(self, run: Run, intention: Intention) -> Look:
        """The latest deployment, if Flink says that it has not ended."""
        del intention
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

    def act(self, run: Run, intention: Intention) -> None:
        """Never called: `look` finds the job or says why not."""


def _found(run: Run) -> DeploymentRecord:
    job_id = FlinkJobId(run.evidence[FindRunning.name]["flink_job_id"])
    return run.services.ledger.deployment(run.job, job_id)


class Stop:
    """find → stop → record."""

    kind: ClassVar[str] = "stop"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Any job that was ever deployed, declared or no longer."""
        del options
        recorded = {deployment.job for deployment in services.ledger.deployments()}
        if job not in recorded:
            raise Rejected(
                f"{job!r} was never deployed{did_you_mean(job, recorded)}",
                still_true="Nothing was changed.",
                next_step="headgate status",
            )
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same three."""
        del evidence
        return (FindRunning(), StopWithSavepoint(_found), RecordStop(_found))


OPERATION = Stop()
