"""What the ledger and the files say of jobs before Flink is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headgate.errors import SpecError
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord, HealthLookRecord, OperationRecord
from headgate.operations.services import Services
from headgate.plan.health_memory import LookMemory
from headgate.spec.declared import DeclaredJob
from headgate.spec.load import load_job_alone

ENDED_AS = "ended_as"
"""In the memory of a look: the Flink state in which the job had ended."""


@dataclass(frozen=True)
class Known:
    """One job. `latest` is its latest submission, `operation` the one that is under way."""

    job: JobName
    declared: DeclaredJob | None
    latest: DeploymentRecord | None
    operation: OperationRecord | None
    last_look: HealthLookRecord | None

    @property
    def memory(self) -> LookMemory | None:
        """What earlier looks at this very Flink job have left."""
        look, latest = self.last_look, self.latest
        if look is None or latest is None or look.flink_job_id != latest.flink_job_id:
            return None
        return LookMemory.of(look.memory)

    @property
    def ended_as(self) -> str | None:
        """The Flink state in which this very job was last seen to have ended.

        Flink forgets it: an hour after the end, and with its JobManager.
        """
        look, latest = self.last_look, self.latest
        if look is None or latest is None or look.flink_job_id != latest.flink_job_id:
            return None
        return look.memory.get(ENDED_AS)


def known_job(services: Services, job: JobName, declared: DeclaredJob | None) -> Known:
    """Of one job."""
    deployments = services.ledger.deployments(job)
    return Known(
        job=job,
        declared=declared,
        latest=deployments[0] if deployments else None,
        operation=services.ledger.running_operation(job),
        last_look=services.ledger.health_look(job),
    )


def known_jobs(services: Services, jobs: Mapping[JobName, DeclaredJob | None]) -> Sequence[Known]:
    """Of several jobs, in their order."""
    latest: dict[JobName, DeploymentRecord] = {}
    for deployment in services.ledger.deployments():
        latest.setdefault(deployment.job, deployment)
    looks = services.ledger.health_looks()
    return [
        Known(
            job=job,
            declared=declared,
            latest=latest.get(job),
            operation=services.ledger.running_operation(job),
            last_look=looks.get(job),
        )
        for job, declared in jobs.items()
    ]


def declared_alone(services: Services, job: JobName) -> DeclaredJob | None:
    """The job as its folder declares it, whatever the others say; None if it cannot be read."""
    try:
        loaded = load_job_alone(services.project, job)
    except SpecError:
        return None
    return loaded.job if loaded else None
