"""A savepoint of one job as an Airflow task, told to whoever waits for its asset."""

from typing import Any

from airflow.sdk import Asset, AssetAlias
from airflow.sdk.definitions.context import Context

from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.surroundings import services
from headgate.ids import JobName, OperationId
from headgate.ledger.records import SnapshotRecord

SAVEPOINTS = AssetAlias("savepoints")
"""The outlet of the task. A mapped task with an asset of its own as outlet would tell of every
job's savepoint whenever one was taken; of an alias each task instance names its own asset."""


def savepoint_asset(job: JobName) -> Asset:
    """The asset whose events are the savepoints of a job."""
    return Asset(f"savepoint/{job}")


class SavepointOperator(OperationOperator):
    """Takes a savepoint; its end is an event of the asset `savepoint/<job>`.

    The event's extra has location, size in bytes, duration in milliseconds, format and Flink
    version. `options` may hold templates.
    """

    template_fields = ("job", "options")

    def _advance(self, context: Context, awaited: OperationId | None = None) -> dict[str, Any]:
        ended = super()._advance(context, awaited)
        job = JobName(ended["job"])
        for record in services().ledger.snapshots(job):
            if record.operation_id == ended["operation_id"]:
                events = context["outlet_events"][SAVEPOINTS]
                events.add(savepoint_asset(job), extra=_extra(record))
                return {**ended, "location": record.location, "size_bytes": record.size_bytes}
        return ended


def _extra(record: SnapshotRecord) -> dict[str, Any]:
    return {
        "location": record.location,
        "size_bytes": record.size_bytes,
        "duration_ms": record.duration_ms,
        "format": record.format,
        "flink_version": record.flink_version,
        "origin": record.origin,
        "operation_id": record.operation_id,
    }
