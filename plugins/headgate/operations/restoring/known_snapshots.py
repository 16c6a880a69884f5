"""Every snapshot of a job that the ledger or its folder of checkpoints knows. Reads only."""

from collections.abc import Sequence
from datetime import timedelta

from headgate.clients.locations import plain_location, same_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import SnapshotFolder, folders_named, snapshots_below
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, SnapshotRecord
from headgate.operations.services import Services
from headgate.plan.restore_point import Snapshot

_STATES = {
    "disposing": "it is being disposed of",
    "quarantined": "it was found corrupt before",
}
_ENDS = ("stop", "drain", "cancel", "upgrade")
"""Origins of snapshots after which their job published nothing."""


def checkpoint_folder(services: Services, job: JobName) -> str:
    """Where all submissions of a job keep their checkpoints; Flink adds `<job id>/chk-<n>`."""
    return f"{plain_location(services.environment.settings.state)}/checkpoints/{job}"


def job_of_checkpoint(checkpoint: SnapshotFolder) -> FlinkJobId:
    """Flink writes checkpoints into `<job id>/chk-<n>`."""
    return FlinkJobId(checkpoint.location.rstrip("/").split("/")[-2])


def known_snapshots(
    services: Services, job: JobName, checkpoints: Sequence[SnapshotFolder] | None = None
) -> list[Snapshot]:
    """Recorded savepoints and retained checkpoints, newest first, with what is wrong with each.

    `checkpoints` are those of the job's folder, where they have been listed already.
    """
    records = services.ledger.snapshots(job)
    deployments = {one.flink_job_id: one for one in services.ledger.deployments(job)}
    if checkpoints is None:
        checkpoints = snapshots_below(checkpoint_folder(services, job))
    recorded = {plain_location(record.location) for record in records}
    found = [_of_record(record) for record in records]
    found += [
        _of_checkpoint(checkpoint, made)
        for checkpoint in checkpoints
        if (made := deployments.get(job_of_checkpoint(checkpoint))) is not None
        and plain_location(checkpoint.location) not in recorded
    ]
    return sorted(found, key=lambda snapshot: snapshot.taken_at, reverse=True)


def unfinished_checkpoints(
    services: Services, job: JobName, lineage: Sequence[FlinkJobId], snapshots: Sequence[Snapshot]
) -> list[str]:
    """Folders of checkpoints newer than the job's newest whole one, which have no `_metadata`."""
    found: list[str] = []
    for job_id in lineage:
        folder = f"{checkpoint_folder(services, job)}/{job_id}"
        whole = [one.location for one in snapshots if one.flink_job_id == job_id]
        newest = max((_number(location) for location in whole), default=0)
        found += [
            location
            for location in folders_named(folder, "chk-*")
            if _number(location) > newest
            and not any(same_location(location, known) for known in whole)
        ]
    return found


def _of_record(record: SnapshotRecord) -> Snapshot:
    took = timedelta(milliseconds=record.duration_ms or 0)
    return Snapshot(
        record.location,
        record.flink_job_id,
        record.plan_digest,
        record.taken_at + took,
        "checkpoint" if record.kind == "checkpoint" else record.format,
        _STATES.get(record.state) or metadata_problem(record.location),
        drained=record.origin == "drain",
        is_end=record.origin in _ENDS,
    )


def _of_checkpoint(checkpoint: SnapshotFolder, made: DeploymentRecord) -> Snapshot:
    return Snapshot(
        checkpoint.location,
        made.flink_job_id,
        made.plan_digest,
        checkpoint.modified_at,
        "checkpoint",
        metadata_problem(checkpoint.location),
    )


def _number(location: str) -> int:
    """The number of a checkpoint, 0 of anything else."""
    name = location.rstrip("/").rsplit("/", 1)[-1]
    digits = name.removeprefix("chk-")
    return int(digits) if name.startswith("chk-") and digits.isdigit() else 0
