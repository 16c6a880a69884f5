"""Gathering what the decision about a deployment rests on. Reads only."""

from collections.abc import Sequence

from headgate.clients.flink import FlinkClient
from headgate.clients.locations import plain_location
from headgate.clients.storage import SnapshotFolder, snapshot_at, snapshots_below
from headgate.errors import Rejected, Unavailable
from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.bound_job import BoundJob
from headgate.operations.services import Services
from headgate.plan.deploy import Facts, Snapshot, Submission


def checkpoint_folder(services: Services, job: JobName) -> str:
    """Where all submissions of a job keep their checkpoints; Flink adds `<job id>/chk-<n>`."""
    return f"{plain_location(services.environment.settings.state)}/checkpoints/{job}"


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
        submissions=[_submission(deployment) for deployment in deployments],
        live=_live(services, name, client, deployments[0].line if deployments else line),
        snapshots=_snapshots(services, name, by_id, checkpoints),
        start_empty=start_empty,
        unknown_state=next((s.location for s in checkpoints if _job_of(s) not in by_id), None),
    )


def _submission(deployment: DeploymentRecord) -> Submission:
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


def _job_of(checkpoint: SnapshotFolder) -> FlinkJobId:
    """Flink writes checkpoints into `<job id>/chk-<n>`."""
    return FlinkJobId(checkpoint.location.rstrip("/").split("/")[-2])


def _snapshots(
    services: Services,
    job: JobName,
    deployments: dict[FlinkJobId, DeploymentRecord],
    checkpoints: Sequence[SnapshotFolder],
) -> list[Snapshot]:
    """Recorded savepoints that are still there, and retained checkpoints, newest first."""
    found = [
        Snapshot(snapshot.location, snapshot.flink_job_id, snapshot.plan_digest, snapshot.taken_at)
        for snapshot in services.ledger.snapshots(job)
        if snapshot_at(snapshot.location) is not None
    ]
    found += [
        Snapshot(checkpoint.location, made.flink_job_id, made.plan_digest, checkpoint.modified_at)
        for checkpoint in checkpoints
        if (made := deployments.get(_job_of(checkpoint))) is not None
    ]
    return sorted(found, key=lambda snapshot: snapshot.taken_at, reverse=True)
