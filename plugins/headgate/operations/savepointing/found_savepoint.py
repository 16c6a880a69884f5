"""Where a savepoint is put, whether it is there, and what is known of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from headgate.clients.flink import CompletedSavepoint, SavepointStatus
from headgate.clients.locations import as_flink_uri, is_below, plain_location, same_location
from headgate.clients.storage import SnapshotContent, content_of, snapshots_below
from headgate.ids import JobName
from headgate.operations.engine.step import Run
from headgate.operations.services import Services


def savepoint_root(services: Services, job: JobName) -> str:
    """The folder of all savepoints of a job."""
    return f"{plain_location(services.environment.settings.state)}/savepoints/{job}"


def savepoint_folder(run: Run, generation: int) -> str:
    """A folder of the operation's own, as Flink takes it.

    A listing alone then tells whether the savepoint is there, when the JobManager has forgotten
    the trigger.
    """
    return as_flink_uri(f"{savepoint_root(run.services, run.job)}/g{generation}/{run.scope}")


def found_savepoint(
    folder: str, status: SavepointStatus | None, latest: CompletedSavepoint | None = None
) -> SnapshotContent | None:
    """The savepoint that a trigger has left; None if there is none.

    Asked in this order: the trigger itself; for a trigger that is not known, because it was
    forgotten or never sent, the operation's folder and the job's last savepoint.
    """
    if status is not None:
        return content_of(status.location) if status.location else None
    below = snapshots_below(folder)
    if below:
        return content_of(below[0].location)
    if latest is not None and is_below(latest.location, folder):
        return content_of(latest.location)
    return None


def measured(content: SnapshotContent, latest: CompletedSavepoint | None) -> Mapping[str, Any]:
    """Evidence of a savepoint; what Flink has measured where its statistics are those of this one.

    `taken_at` is the moment of the trigger, which is the moment of the state in it.
    """
    evidence: dict[str, Any] = {
        "location": content.location,
        "metadata_bytes": content.metadata_bytes,
        "size_bytes": content.size_bytes,
    }
    if latest is not None and same_location(latest.location, content.location):
        evidence["duration_ms"] = latest.duration // timedelta(milliseconds=1)
        evidence["taken_at"] = latest.triggered_at.isoformat()
    return evidence
