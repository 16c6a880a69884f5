"""The ledger's record of a snapshot that was verified."""

from datetime import datetime
from typing import Literal

from headgate.clients.storage import snapshot_at
from headgate.ledger.records import DeploymentRecord, Json, SnapshotOrigin, SnapshotRecord
from headgate.operations.engine.step import Run


def snapshot_record(
    run: Run,
    deployment: DeploymentRecord,
    measured: Json,
    origin: SnapshotOrigin,
    kind: Literal["savepoint", "checkpoint"] = "savepoint",
    *,
    pinned: bool = False,
) -> SnapshotRecord:
    """Of `measured` the location and sizes are needed; what else it holds was told by Flink."""
    return SnapshotRecord(
        location=measured["location"],
        job=run.job,
        generation=deployment.generation,
        flink_job_id=deployment.flink_job_id,
        kind=kind,
        format=measured.get("format", "canonical"),
        line=deployment.line,
        plan_digest=deployment.plan_digest,
        spec_digest=deployment.spec_digest,
        metadata_bytes=measured["metadata_bytes"],
        pinned=pinned,
        operation_id=run.id,
        taken_at=_moment(run, measured),
        origin=origin,
        size_bytes=measured.get("size_bytes"),
        duration_ms=measured.get("duration_ms"),
        flink_version=measured.get("flink_version") or deployment.flink_version,
        artefact_digest=deployment.artefact_digest,
    )


def _moment(run: Run, measured: Json) -> datetime:
    """Never the moment of writing: an operation may be resumed long after its savepoint."""
    if measured.get("taken_at"):
        return datetime.fromisoformat(measured["taken_at"])
    found = snapshot_at(measured["location"])
    return found.modified_at if found else run.services.clock.now()
