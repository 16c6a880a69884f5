"""Looking which folders of retained checkpoints a job no longer needs. Reads only."""

from collections.abc import Mapping, Sequence

from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import SnapshotFolder, folders_named, snapshots_below
from headgate.errors import HeadgateError
from headgate.ids import FlinkJobId, JobName, OperationId
from headgate.ledger.records import DeploymentRecord
from headgate.operations.disposing.in_use import locations_in_use, waits_for_a_person
from headgate.operations.ledger_age import look_at_ledger_age
from headgate.operations.live_jobs import live_jobs
from headgate.operations.restoring.known_snapshots import (
    checkpoint_folder,
    checkpoint_number,
    job_of_checkpoint,
)
from headgate.operations.services import Services
from headgate.plan.checkpoint_retention import (
    CheckpointFacts,
    CheckpointRetention,
    Submitted,
    checkpoint_retention,
)

_JOB_IDS = "[0-9a-f]" * 32


def superfluous_checkpoints(
    services: Services, job: JobName, own: OperationId | None = None
) -> CheckpointRetention:
    """Decide now. `own` is the operation that asks.

    Only as much is looked at as it takes: clusters are asked only where something would go.

    Raises:
        Unavailable: storage does not answer.

    """
    deployments = services.ledger.deployments(job)
    root = checkpoint_folder(services, job)
    folders = {
        FlinkJobId(folder.rstrip("/").rsplit("/", 1)[-1]): folder
        for folder in folders_named(root, _JOB_IDS)
    }
    has_earlier = any(one.flink_job_id in folders for one in deployments[1:])
    checkpoints: dict[FlinkJobId, list[SnapshotFolder]] = {}
    for checkpoint in snapshots_below(root, levels=(2,)) if has_earlier else ():
        checkpoints.setdefault(job_of_checkpoint(checkpoint), []).append(checkpoint)
    pinned = {one.location for one in services.ledger.snapshots(job) if one.pinned}
    facts = CheckpointFacts(
        submissions=_submitted(deployments, checkpoints),
        folders=folders,
        in_use=locations_in_use(services, job, own) | pinned if has_earlier else pinned,
        in_doubt=_latest_problem(deployments, checkpoints),
        now=services.clock.now(),
    )
    decided = checkpoint_retention(facts)
    doubt = _doubt(services, job) if decided.dispose else None
    if doubt is None:
        return decided
    kept = {**decided.kept, **dict.fromkeys(decided.dispose, doubt)}
    return CheckpointRetention((), kept, decided.unknown)


def _submitted(
    deployments: Sequence[DeploymentRecord],
    checkpoints: Mapping[FlinkJobId, Sequence[SnapshotFolder]],
) -> list[Submitted]:
    return [
        Submitted(
            one.flink_job_id,
            one.state not in ("intended", "astray") or one.flink_job_id in checkpoints,
            one.created_at,
            max((at.modified_at for at in checkpoints.get(one.flink_job_id, ())), default=None),
        )
        for one in deployments
    ]


def _latest_problem(
    deployments: Sequence[DeploymentRecord],
    checkpoints: Mapping[FlinkJobId, Sequence[SnapshotFolder]],
) -> str | None:
    """Since a restore without claim, its first checkpoint stands on no file of an earlier one."""
    if not deployments or deployments[0].state != "healthy":
        return "the latest deployment is not healthy"
    own = checkpoints.get(deployments[0].flink_job_id, ())
    newest = max(own, key=lambda one: checkpoint_number(one.location), default=None)
    if newest is None:
        return "the latest deployment has no checkpoint of its own"
    problem = metadata_problem(newest.location)
    return f"of the newest checkpoint {newest.location}: {problem}" if problem else None


def _doubt(services: Services, job: JobName) -> str | None:
    """Why it is not certain that nothing else of the job runs or waits."""
    if waits_for_a_person(services, job):
        return "an operation of the job waits for a person"
    try:
        unreachable = live_jobs(services, job, None).unreachable
        age = look_at_ledger_age(services, job)
    except HeadgateError as error:
        return error.what
    if unreachable:
        return f"Flink {', '.join(unreachable)} does not answer: what it runs is not seen"
    return None if age.verdict == "same" else age.what
