"""Where a savepoint is put, whether it is there, and what is known of it."""

from collections.abc import Mapping
from dataclasses import replace
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

    Asked in this order: the trigger itself; the operation's folder, also where the trigger is not
    known, because it was forgotten or never sent; the job's last savepoint. What Flink tells is
    believed only of that folder: what lies elsewhere may be another one's, or an older one.
    """
    told: SnapshotContent | None = None
    if status is not None:
        if not status.location:
            return None
        told = _of_folder(content_of(status.location), folder)
        if told.problem is None:
            return told
    below = snapshots_below(folder)
    if below:
        return content_of(below[0].location)
    if status is None and latest is not None and is_below(latest.location, folder):
        return content_of(latest.location)
    return told


def _of_folder(content: SnapshotContent, folder: str) -> SnapshotContent:
    if content.problem is not None or is_below(content.location, folder):
        return content
    return replace(content, problem=f"it was to be written below {folder}")


def measured(content: SnapshotContent, latest: CompletedSavepoint | None) -> Mapping[str, Any]:
    """Evidence of a savepoint; what Flink has measured where its statistics are those of this one.

    `taken_at` is the moment of the trigger, which is the moment of the state in it; where Flink has
    forgotten that, the moment when the savepoint was complete, by its files.
    """
    evidence: dict[str, Any] = {
        "location": content.location,
        "metadata_bytes": content.metadata_bytes,
        "size_bytes": content.size_bytes,
    }
    if content.modified_at is not None:
        evidence["taken_at"] = content.modified_at.isoformat()
    if latest is not None and same_location(latest.location, content.location):
        evidence["duration_ms"] = latest.duration // timedelta(milliseconds=1)
        evidence["taken_at"] = latest.triggered_at.isoformat()
    return evidence
