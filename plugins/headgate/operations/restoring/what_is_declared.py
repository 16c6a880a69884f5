"""What job.yaml says about recovery and health; its defaults where it says nothing."""

from dataclasses import dataclass
from datetime import timedelta

from headgate.errors import SpecError
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.services import Services
from headgate.spec.at_line import at_line
from headgate.spec.declared import DeclaredJob
from headgate.spec.job import HealthPolicy, JobSpec, RecoveryPolicy
from headgate.spec.load import load_job_alone

_WITHOUT_INTERVAL = timedelta(minutes=2)


@dataclass(frozen=True)
class Policies:
    """Of one job. `job` is None where the job is not declared, or not as it should be."""

    health: HealthPolicy
    recovery: RecoveryPolicy
    checkpoint_age: timedelta
    job: DeclaredJob | None


def policies(services: Services, job: JobName) -> Policies:
    """Read job.yaml. What runs can be brought back without it, so no error of it matters here."""
    try:
        declared = load_job_alone(services.project, job)
    except SpecError:
        declared = None
    if declared is None:
        return Policies(HealthPolicy(), RecoveryPolicy(), _WITHOUT_INTERVAL, None)
    spec = declared.spec
    return Policies(spec.health, spec.recovery, _checkpoint_age(spec), declared.job)


def changed_since(deployment: DeploymentRecord, declared: Policies) -> str:
    """What to say of files that are not what is brought back; empty where they are."""
    job = deployment.job
    if declared.job is None:
        return f"{job} is not declared, or not without errors: what ran is brought back"
    if at_line(declared.job, deployment.line).digest == deployment.spec_digest:
        return ""
    return (
        f"the files of {job} have changed since: what ran is brought back, and headgate deploy "
        f"{job} brings the change about"
    )


def _checkpoint_age(spec: JobSpec) -> timedelta:
    return spec.health.checkpoint_age or 5 * spec.checkpoint_interval + timedelta(seconds=30)
