"""Gathering what the decision about a deployment rests on. Reads only."""

from collections.abc import Collection, Sequence

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
    unfinished_checkpoints,
)
from headgate.operations.services import Services
from headgate.plan.deploy import Facts, Submission
from headgate.plan.restore_point import lineage_of
from headgate.plan.snapshot import Snapshot


def gather_facts(
    services: Services, bound: BoundJob, *, start_empty: bool, accept_age: bool = False
) -> Facts:
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
    snapshots = known_snapshots(services, name, checkpoints)
    submissions = submissions_of(deployments, snapshots)
    return Facts(
        job=name,
        line=line,
        spec_digest=bound.job.digest,
        plan_digest=bound.plan_digest,
        slots_needed=bound.job.spec.parallelism,
        slots_available=overview.slots_available,
        submissions=submissions,
        live=_live(services, name, client, deployments[0].line if deployments else line),
        snapshots=snapshots,
        start_empty=start_empty,
        now=services.clock.now(),
        max_age=bound.job.spec.recovery.max_age,
        accept_age=accept_age,
        unfinished=unfinished_checkpoints(services, name, lineage_of(submissions), snapshots),
        flink_version=overview.version,
        has_finished=bool(deployments) and _has_finished(services, deployments[0]),
        unknown_state=next(
            (one.location for one in checkpoints if job_of_checkpoint(one) not in by_id), None
        ),
    )


def submissions_of(
    deployments: Sequence[DeploymentRecord], snapshots: Sequence[Snapshot]
) -> list[Submission]:
    """What a decision needs of deployments, in their order.

    One that has left a whole snapshot of its own has worked, whether or not anybody saw it pass
    the health gate: what its sources had read by then was published.
    """
    left = {one.flink_job_id for one in snapshots if one.problem is None or one.is_quarantined}
    return [_submission(deployment, left) for deployment in deployments]


def _submission(deployment: DeploymentRecord, left: Collection[FlinkJobId]) -> Submission:
    state = deployment.state
    return Submission(
        flink_job_id=deployment.flink_job_id,
        generation=deployment.generation,
        attempt=deployment.attempt,
        line=deployment.line,
        spec_digest=deployment.spec_digest,
        plan_digest=deployment.plan_digest,
        was_healthy=state not in ("intended", "astray")
        or (state == "intended" and deployment.flink_job_id in left),
    )


def _has_finished(services: Services, latest: DeploymentRecord) -> bool:
    if latest.state not in ("intended", "healthy"):
        return False
    picture = services.flink(latest.line).job(latest.flink_job_id)
    return picture is not None and picture.state == "FINISHED"


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
