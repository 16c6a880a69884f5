"""How every job stands: declared, recorded and observed side by side. Reads only."""

from collections.abc import Sequence

from headgate.ids import JobName
from headgate.operations.job_status import JobStatus
from headgate.operations.known_job import known_job, known_jobs
from headgate.operations.look_at_job import look_at_job, look_at_jobs
from headgate.operations.services import Services
from headgate.spec.declared import Declared, DeclaredJob


def status_of_all(services: Services, declared: Declared) -> Sequence[JobStatus]:
    """Status of every declared or recorded job, by name."""
    names = {deployment.job for deployment in services.ledger.deployments()} | set(declared.jobs)
    return status_of_some(services, sorted(names), declared)


def status_of_some(
    services: Services, jobs: Sequence[JobName], declared: Declared
) -> Sequence[JobStatus]:
    """Status of these jobs, in their order."""
    known = known_jobs(services, {job: declared.jobs.get(job) for job in jobs})
    return [look.status for look in look_at_jobs(services, known)]


def status_of(services: Services, job: JobName, declared: DeclaredJob | None) -> JobStatus:
    """Status of one job; a server that cannot be reached makes it `unknown`, never `failing`."""
    return look_at_job(services, known_job(services, job, declared)).status
