"""Savepoints of running jobs: triggered under ids of the caller, watched, disposed of."""

from collections.abc import Mapping
from typing import Any, Literal

from headgate.clients.flink.pictures import (
    CompletedSavepoint,
    DisposalStatus,
    SavepointStatus,
    read_latest_savepoint,
)
from headgate.clients.flink.rest import FlinkRest
from headgate.clients.flink.understood import understood
from headgate.clients.http import segment
from headgate.ids import FlinkJobId, TriggerId

_NOT_FOUND = 404
SavepointFormat = Literal["canonical", "native"]


class SavepointCalls(FlinkRest):
    """Savepoints of running jobs."""

    def stop_with_savepoint(
        self,
        job_id: FlinkJobId,
        trigger: TriggerId,
        target_directory: str,
        savepoint_format: SavepointFormat,
        *,
        drain: bool = False,
    ) -> None:
        """Trigger a stop with savepoint. The same trigger id again is the same savepoint.

        With `drain` the sources first give out the last watermark there is, so that every open
        window and timer fires; a job that goes on from that savepoint would repeat them.
        """
        self._effect(
            "POST",
            f"/jobs/{segment(job_id)}/stop",
            json={
                "targetDirectory": target_directory,
                "drain": drain,
                "formatType": savepoint_format.upper(),
                "triggerId": trigger,
            },
        )

    def trigger_savepoint(
        self,
        job_id: FlinkJobId,
        trigger: TriggerId,
        target_directory: str,
        savepoint_format: SavepointFormat,
    ) -> None:
        """Trigger a savepoint of a job that goes on. The same trigger id again is the same one.

        Such a savepoint commits no transaction (since 1.15), unlike that of a stop.
        """
        self._effect(
            "POST",
            f"/jobs/{segment(job_id)}/savepoints",
            json={
                "target-directory": target_directory,
                "cancel-job": False,
                "formatType": savepoint_format.upper(),
                "triggerId": trigger,
            },
        )

    def trigger_checkpoint(self, job_id: FlinkJobId, trigger: TriggerId) -> None:
        """Take a checkpoint now, beside those that are due. The same trigger id is the same one."""
        self._effect(
            "POST",
            f"/jobs/{segment(job_id)}/checkpoints",
            json={"checkpointType": "CONFIGURED", "triggerId": trigger},
        )

    @understood
    def is_checkpoint_known(self, job_id: FlinkJobId, trigger: TriggerId) -> bool:
        """Whether a checkpoint was triggered under this id, whatever has become of it."""
        path = f"/jobs/{segment(job_id)}/checkpoints/{segment(trigger)}"
        response = self._http.request("GET", path, effect=False)
        if response.status == _NOT_FOUND:
            return False
        return bool(self._checked(response, path))

    @understood
    def savepoint_status(self, job_id: FlinkJobId, trigger: TriggerId) -> SavepointStatus | None:
        """How a trigger stands; None if it is unknown or was forgotten (after 5 minutes)."""
        path = f"/jobs/{segment(job_id)}/savepoints/{segment(trigger)}"
        response = self._http.request("GET", path, effect=False)
        if response.status == _NOT_FOUND:
            return None
        answer = self._checked(response, path)
        operation = answer.get("operation") or {}
        failure = operation.get("failure-cause")
        return SavepointStatus(
            in_progress=answer["status"]["id"] == "IN_PROGRESS",
            location=operation.get("location"),
            failure=read_failure(failure) if failure else None,
        )

    @understood
    def latest_savepoint(self, job_id: FlinkJobId) -> CompletedSavepoint | None:
        """The last savepoint that a job has completed, with what Flink measured of it.

        None if there is none, or if the JobManager does not know the job. May lag behind a
        completion by `web.refresh-interval`.
        """
        path = f"/jobs/{segment(job_id)}/checkpoints"
        response = self._http.request("GET", path, effect=False)
        if response.status == _NOT_FOUND:
            return None
        return read_latest_savepoint(self._checked(response, path))

    def dispose(self, location: str) -> str:
        """Begin to dispose of a savepoint of any job; returns the id to ask after it with."""
        body, needed = {"savepoint-path": location}, "request-id"
        answer = self._effect("POST", "/savepoint-disposal", json=body, needed=needed)
        return str(answer[needed])

    @understood
    def disposal_status(self, request_id: str) -> DisposalStatus | None:
        """How a disposal stands; None if it is unknown. COMPLETED with a failure is a failure."""
        path = f"/savepoint-disposal/{segment(request_id)}"
        response = self._http.request("GET", path, effect=False)
        if response.status == _NOT_FOUND:
            return None
        answer = self._checked(response, path)
        failure = (answer.get("operation") or {}).get("failure-cause")
        return DisposalStatus(
            in_progress=answer["status"]["id"] == "IN_PROGRESS",
            failure=read_failure(failure) if failure else None,
        )


def read_failure(failure: Mapping[str, Any]) -> str:
    """The last cause of Flink's serialized throwable, in one line."""
    lines = str(failure.get("stack-trace") or failure.get("class", "")).splitlines()
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["unknown cause"])[-1 if causes else 0]
