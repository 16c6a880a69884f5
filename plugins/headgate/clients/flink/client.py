"""One session cluster over REST: reads give pictures, effects take ids that the caller chose."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from headgate.clients.flink.pictures import (
    ClusterOverview,
    JobPicture,
    SavepointStatus,
    read_checkpoints,
    read_exceptions,
    read_time,
    read_vertices,
)
from headgate.clients.http import HttpClient, Response, segment
from headgate.errors import Rejected, Unavailable
from headgate.ids import FlinkJobId, FlinkLineName, TriggerId

PYTHON_DRIVER = "org.apache.flink.client.python.PythonDriver"
_NOT_FOUND = 404
_NO_WATERMARK = -(2**63)
_SOURCE_WATERMARK = re.compile(r"Source_.*\.currentOutputWatermark")
_YEAR_10000 = 253_402_300_800_000
"""In epoch milliseconds; what lies beyond is Flink's mark for the end of the input."""
RUN_TIMEOUT = timedelta(minutes=2)
"""How long the run of a driver may take: a cold JobManager on a busy machine needs a while."""


class FlinkClient:
    """The JobManager of one Flink line."""

    def __init__(self, line: FlinkLineName, rest: str) -> None:
        self.line = line
        self.rest = rest.rstrip("/")
        self._http = HttpClient(
            rest, server=f"Flink {line} at {rest}", timeout=timedelta(seconds=10)
        )

    def job_page(self, job_id: FlinkJobId) -> str:
        """Address of the job's page in Flink's UI."""
        return f"{self.rest}/#/job/running/{segment(job_id)}/overview"

    def overview(self) -> ClusterOverview:
        """Version and slots of the cluster."""
        answer = self._read("/overview")
        return ClusterOverview(
            version=answer["flink-version"],
            task_managers=answer["taskmanagers"],
            slots_total=answer["slots-total"],
            slots_available=answer["slots-available"],
        )

    def live_jobs_named(self, name: str) -> Sequence[FlinkJobId]:
        """Jobs of that name that have not ended."""
        return [
            job["jid"]
            for job in self._read("/jobs/overview")["jobs"]
            if job["name"] == name and job["end-time"] < 0
        ]

    def job(self, job_id: FlinkJobId) -> JobPicture | None:
        """One whole look at a job; None if the JobManager does not know it.

        The JobManager's tables are in memory: after its restart every earlier id is unknown.
        """
        path = f"/jobs/{segment(job_id)}"
        response = self._http.request("GET", path, effect=False)
        if response.status == _NOT_FOUND:
            return None
        detail = self._checked(response, path)
        vertices = read_vertices(detail)
        counts, restored = read_checkpoints(self._read(f"{path}/checkpoints"))
        return JobPicture(
            id=job_id,
            name=detail["name"],
            state=detail["state"],
            started_at=read_time(detail["start-time"]),
            vertices=vertices,
            checkpoints=counts,
            restored=restored,
            watermark=self._watermark(path, [v.id for v in vertices if v.is_source]),
            restarts=self._restarts(path),
            exceptions=read_exceptions(self._read(f"{path}/exceptions?maxExceptions=5")),
        )

    def upload_jar(self, name: str, content: bytes) -> str:
        """Upload a jar and return the id under which it can be run and deleted."""
        answer = self._effect(
            "POST",
            "/jars/upload",
            files={"jarfile": (name, content, "application/x-java-archive")},
        )
        return str(answer["filename"]).rsplit("/", 1)[-1]

    def delete_jar(self, jar_id: str) -> None:
        """Delete an uploaded jar: they gather in `web.upload.dir` and survive restarts."""
        self._effect("DELETE", f"/jars/{segment(jar_id)}")

    def run_driver(
        self,
        jar_id: str,
        arguments: Sequence[str],
        *,
        job_id: FlinkJobId,
        parallelism: int,
        configuration: Mapping[str, str],
        restore_from: str | None,
    ) -> None:
        """Run a PyFlink driver script on the JobManager, as a job with an id of our choice.

        `arguments` are the driver's path and its own arguments; they follow `-py`, because user
        arguments before it end the JobManager. The snapshot is never claimed: it stays ours.

        Raises:
            Rejected: the driver failed or the id is taken; Flink's answer does not tell which.
            Indeterminate: no answer came; the job may exist.

        """
        body: dict[str, Any] = {
            "entryClass": PYTHON_DRIVER,
            "programArgsList": ["-py", *arguments],
            "jobId": job_id,
            "parallelism": parallelism,
            "flinkConfiguration": dict(configuration),
        }
        if restore_from is not None:
            body |= {
                "savepointPath": restore_from,
                "claimMode": "NO_CLAIM",
                "allowNonRestoredState": False,
            }
        self._effect("POST", f"/jars/{segment(jar_id)}/run", json=body, timeout=RUN_TIMEOUT)

    def stop_with_savepoint(
        self,
        job_id: FlinkJobId,
        trigger: TriggerId,
        target_directory: str,
        savepoint_format: Literal["canonical", "native"],
    ) -> None:
        """Trigger a stop with savepoint. The same trigger id again is the same savepoint."""
        self._effect(
            "POST",
            f"/jobs/{segment(job_id)}/stop",
            json={
                "targetDirectory": target_directory,
                "drain": False,
                "formatType": savepoint_format.upper(),
                "triggerId": trigger,
            },
        )

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

    def cancel(self, job_id: FlinkJobId) -> None:
        """Ask for the cancellation of a job; an ended job is left as it is."""
        self._http.request("PATCH", f"/jobs/{segment(job_id)}?mode=cancel", effect=True)

    def _watermark(self, path: str, sources: Sequence[str]) -> datetime | None:
        """The least watermark that the sources have given out; None while one has given none.

        Not the watermarks that vertices received: a window's first half holds them back until a
        window ends, which may be minutes.
        """
        values = [
            value
            for source in sources
            for value in self._watermarks_of(f"{path}/vertices/{source}")
        ]
        if not values or min(values) == _NO_WATERMARK:
            return None
        in_time = [value for value in values if value < _YEAR_10000]
        return read_time(min(in_time)) if in_time else None

    def _watermarks_of(self, vertex: str) -> list[int]:
        names = [metric["id"] for metric in self._read(f"{vertex}/subtasks/metrics")]
        wanted = ",".join(filter(_SOURCE_WATERMARK.fullmatch, names))
        if not wanted:
            return []
        metrics = self._read(f"{vertex}/subtasks/metrics?get={quote(wanted)}&agg=min")
        return [int(float(metric["min"])) for metric in metrics]

    def _restarts(self, path: str) -> int | None:
        """Flink fills its metric store on the first question, which it answers with nothing."""
        for metric in self._read(f"{path}/metrics?get=numRestarts"):
            return int(float(metric["value"]))
        return None

    def _read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._checked(self._http.request("GET", path, effect=False), path)

    def _effect(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        timeout: timedelta | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        response = self._http.request(
            method, path, json=json, files=files, timeout=timeout, effect=True
        )
        return self._checked(response, path)

    def _checked(self, response: Response, path: str) -> Any:  # noqa: ANN401 - JSON
        if response.ok:
            return response.json()
        what = f"Flink {self.line} at {self.rest} answered {response.status} to {path}"
        if response.status >= 500:  # noqa: PLR2004 - server errors
            raise Unavailable(f"{what}: {_first_error(response)}", next_step="headgate ps")
        raise Rejected(f"{what}: {_first_error(response)}")


def read_failure(failure: Mapping[str, Any]) -> str:
    """The last cause of Flink's serialized throwable, in one line."""
    lines = str(failure.get("stack-trace") or failure.get("class", "")).splitlines()
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["unknown cause"])[-1 if causes else 0]


def _first_error(response: Response) -> str:
    try:
        errors = response.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return response.text[:300]
    lines = [line for error in errors for line in str(error).splitlines()]
    causes = [line.strip() for line in lines if "Caused by: " in line]
    return (causes[-1] if causes else " ".join(lines))[:500]
