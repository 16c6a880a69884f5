"""Gathering what the decision about a deployment rests on. Reads only."""

from headgate.clients.flink import FlinkClient
from headgate.clients.storage import snapshots_below
from headgate.errors import Rejected, Unavailable
from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.bound_job import BoundJob
from headgate.operations.restoring.known_snapshots import (
    checkpoint_folder,
    job_of_checkpoint,
    known_snapshots,
)
from headgate.operations.services import Services
from headgate.plan.deploy import Facts, Submission


def gather_facts(services: Services, bound: BoundJob, *, start_empty: bool) -> Facts:
    """Look at ledger, clusters and state storage.

    Raises:
        Rejected: the environment has no cluster of the line, or it runs another version.
        Unavailable: a cluster that may run the job does not answer.

    """
    name, line = bound.job.name, FlinkLineName(bound.job.spec.flink)
    client = services.flink(line)
    overview = client.overview()
    if overview.version.rsplit(".", 1)[0] != line:
        raise Rejected(
            f"{name}: the cluster at {client.rest} runs Flink {overview.version}, not {line}",
            still_true="Nothing was changed.",
            next_step=f"correct the address of Flink {line} in headgate.toml",
        )
    deployments = services.ledger.deployments(name)
    checkpoints = snapshots_below(checkpoint_folder(services, name))
    by_id = {deployment.flink_job_id: deployment for deployment in deployments}
    return Facts(
        job=name,
        line=line,
        spec_digest=bound.job.digest,
        plan_digest=bound.plan_digest,
        slots_needed=bound.job.spec.parallelism,
        slots_available=overview.slots_available,
        submissions=[submission_of(deployment) for deployment in deployments],
        live=_live(services, name, client, deployments[0].line if deployments else line),
        snapshots=known_snapshots(services, name, checkpoints),
        start_empty=start_empty,
        flink_version=overview.version,
        unknown_state=next(
            (one.location for one in checkpoints if job_of_checkpoint(one) not in by_id), None
        ),
    )


def submission_of(deployment: DeploymentRecord) -> Submission:
    """What a decision needs of a deployment."""
    return Submission(
        flink_job_id=deployment.flink_job_id,
        generation=deployment.generation,
        attempt=deployment.attempt,
        line=deployment.line,
        spec_digest=deployment.spec_digest,
        plan_digest=deployment.plan_digest,
        was_healthy=deployment.state != "intended",
    )


def _live(
    services: Services, job: JobName, client: FlinkClient, latest_line: FlinkLineName
) -> list[FlinkJobId]:
    """Jobs of that name that run on any cluster.

    The cluster of another line may be down, unless the latest deployment is there.
    """
    live = list(client.live_jobs_named(job))
    for other in services.environment.settings.flink:
        line = FlinkLineName(other)
        if line == client.line:
            continue
        try:
            live += services.flink(line).live_jobs_named(job)
        except Unavailable:
            if line == latest_line:
                raise
    return live
