"""Every snapshot of a job that the ledger or its folder of checkpoints knows. Reads only."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from headgate.clients.locations import plain_location, same_location
from headgate.clients.snapshot_metadata import read_metadata
from headgate.clients.storage import SnapshotFolder, folders_named, snapshots_below
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, SnapshotRecord
from headgate.operations.restoring.failed_restores import failed_restores
from headgate.operations.services import Services
from headgate.operations.stage import BINDING_FILE
from headgate.plan.open_transactions import Transactions
from headgate.plan.snapshot import Snapshot, placed

_STATES = {
    "disposing": "it is being disposed of",
    "quarantined": "it was found corrupt before",
}
_ASTRAY = "its job was started from other state than it was to be restored from"
_ENDS = ("stop", "drain", "cancel", "upgrade")
"""Origins of snapshots after which their job published nothing."""
_COMMITTED = ("stop", "drain")
"""Origins of snapshots whose results the job has committed before it ended."""


def checkpoint_folder(services: Services, job: JobName) -> str:
    """Where all submissions of a job keep their checkpoints; Flink adds `<job id>/chk-<n>`."""
    return f"{plain_location(services.environment.settings.state)}/checkpoints/{job}"


def job_of_checkpoint(checkpoint: SnapshotFolder) -> FlinkJobId:
    """Flink writes checkpoints into `<job id>/chk-<n>`."""
    return FlinkJobId(checkpoint.location.rstrip("/").split("/")[-2])


def known_snapshots(
    services: Services, job: JobName, checkpoints: Sequence[SnapshotFolder] | None = None
) -> list[Snapshot]:
    """Recorded savepoints and retained checkpoints, the latest first, with what is wrong with each.

    `checkpoints` are those of the job's folder, where they have been listed already.
    """
    records = services.ledger.snapshots(job)
    deployments = {one.flink_job_id: one for one in services.ledger.deployments(job)}
    if checkpoints is None:
        checkpoints = snapshots_below(checkpoint_folder(services, job))
    recorded = {plain_location(record.location) for record in records}
    found = [_of_record(record, deployments.get(record.flink_job_id)) for record in records]
    found += [
        _of_checkpoint(checkpoint, made)
        for checkpoint in checkpoints
        if (made := deployments.get(job_of_checkpoint(checkpoint))) is not None
        and plain_location(checkpoint.location) not in recorded
    ]
    failed = failed_restores(services, list(deployments.values()), found)
    return placed(
        [replace(one, failed_restore=failed.get(plain_location(one.location))) for one in found]
    )


def unfinished_checkpoints(
    services: Services, job: JobName, lineage: Sequence[FlinkJobId], snapshots: Sequence[Snapshot]
) -> list[str]:
    """Folders of checkpoints newer than the job's newest whole one, which have no `_metadata`."""
    found: list[str] = []
    for job_id in lineage:
        folder = f"{checkpoint_folder(services, job)}/{job_id}"
        whole = [one.location for one in snapshots if one.flink_job_id == job_id]
        newest = max((checkpoint_number(location) for location in whole), default=0)
        found += [
            location
            for location in folders_named(folder, "chk-*")
            if checkpoint_number(location) > newest
            and not any(same_location(location, known) for known in whole)
        ]
    return found


def _of_record(record: SnapshotRecord, made: DeploymentRecord | None) -> Snapshot:
    took = timedelta(milliseconds=record.duration_ms or 0)
    read = read_metadata(record.location)
    return Snapshot(
        record.location,
        record.flink_job_id,
        record.plan_digest,
        record.taken_at + took,
        "checkpoint" if record.kind == "checkpoint" else record.format,
        _STATES.get(record.state) or read.problem,
        is_quarantined=record.state == "quarantined" and read.problem is None,
        drained=record.origin == "drain",
        is_end=record.origin in _ENDS,
        transactions=None if record.origin in _COMMITTED or made is None else _transactions(made),
        submission=(record.generation, made.attempt if made else 0),
        checkpoint_id=_known(read.checkpoint_id, record.location),
    )


def _of_checkpoint(checkpoint: SnapshotFolder, made: DeploymentRecord) -> Snapshot:
    read = read_metadata(checkpoint.location)
    return Snapshot(
        checkpoint.location,
        made.flink_job_id,
        made.plan_digest,
        checkpoint.modified_at,
        "checkpoint",
        _ASTRAY if made.state == "astray" else read.problem,
        transactions=_transactions(made),
        submission=(made.generation, made.attempt),
        checkpoint_id=_known(read.checkpoint_id, checkpoint.location),
    )


def _transactions(made: DeploymentRecord) -> Transactions | None:
    """Of what the deployment ran from, as far as that is still there."""
    try:
        text = (Path(made.artefacts or "") / BINDING_FILE).read_text(encoding="utf-8")
        return Transactions.of_binding(json.loads(text))
    except (OSError, ValueError, KeyError):
        return None


def _known(checkpoint_id: int | None, location: str) -> int | None:
    """A checkpoint's folder is named by the same number; a savepoint's is not."""
    return (checkpoint_number(location) or None) if checkpoint_id is None else checkpoint_id


def checkpoint_number(location: str) -> int:
    """The number of a checkpoint, 0 of anything else."""
    name = location.rstrip("/").rsplit("/", 1)[-1]
    digits = name.removeprefix("chk-")
    return int(digits) if name.startswith("chk-") and digits.isdigit() else 0
