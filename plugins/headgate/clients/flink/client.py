"""One session cluster over REST: reads give pictures, effects take ids that the caller chose."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from headgate.clients.flink.checkpoint_history import read_history
from headgate.clients.flink.gate_calls import GateCalls
from headgate.clients.flink.metric_calls import MetricCalls
from headgate.clients.flink.pictures import (
    ClusterOverview,
    JobPicture,
    read_checkpoints,
    read_exceptions,
    read_failure_times,
    read_vertices,
)
from headgate.clients.flink.rescale_calls import RescaleCalls
from headgate.clients.flink.savepoint_calls import SavepointCalls
from headgate.clients.flink.times import read_time
from headgate.clients.flink.understood import understood
from headgate.clients.http import segment
from headgate.ids import FlinkJobId

PYTHON_DRIVER = "org.apache.flink.client.python.PythonDriver"
_NOT_FOUND = 404
RUN_TIMEOUT = timedelta(minutes=2)
"""How long the run of a driver may take: a cold JobManager on a busy machine needs a while."""


class FlinkClient(SavepointCalls, RescaleCalls, MetricCalls, GateCalls):
    """The JobManager of one Flink line."""

    def job_page(self, job_id: FlinkJobId) -> str:
        """Address of the job's page in Flink's UI."""
        return f"{self.rest}/#/job/running/{segment(job_id)}/overview"

    @understood
    def overview(self) -> ClusterOverview:
        """Version and slots of the cluster."""
        answer = self._read("/overview")
        return ClusterOverview(
            version=answer["flink-version"],
            task_managers=answer["taskmanagers"],
            slots_total=answer["slots-total"],
            slots_available=answer["slots-available"],
        )

    @understood
    def refresh_interval(self) -> timedelta:
        """How old the cluster's answers about a job may be (`web.refresh-interval`)."""
        return timedelta(milliseconds=self._read("/config")["refresh-interval"])

    @understood
    def live_jobs_named(self, name: str) -> Sequence[FlinkJobId]:
        """Jobs of that name that have not ended."""
        return [
            job["jid"]
            for job in self._read("/jobs/overview")["jobs"]
            if job["name"] == name and job["end-time"] < 0
        ]

    @understood
    def all_tasks_run(self, job_id: FlinkJobId) -> bool | None:
        """Whether every task of a job runs now; None if it has ended or is not known.

        One small call, unlike `job`, so that it can be asked often.
        """
        for job in self._read("/jobs/overview")["jobs"]:
            if job["end-time"] < 0 and job["jid"] == job_id:
                tasks = job["tasks"]
                return bool(tasks["total"]) and tasks["running"] == tasks["total"]
        return None

    @understood
    def job(self, job_id: FlinkJobId) -> JobPicture | None:
        """One whole look at a job; None if the JobManager does not know it.

        Four calls and two for each vertex that is a source, whatever the parallelism.
        The JobManager's tables are in memory: after its restart every earlier id is unknown.
        """
        path = f"/jobs/{segment(job_id)}"
        response = self._http.request("GET", path, effect=False)
        if response.status == _NOT_FOUND:
            return None
        detail = self._checked(response, path)
        vertices = read_vertices(detail)
        checkpoints = self._read(f"{path}/checkpoints")
        exceptions = self._read(f"{path}/exceptions?maxExceptions=16")
        sources = self._source_metrics(path, [v.id for v in vertices if v.is_source])
        counts, restored = read_checkpoints(checkpoints)
        return JobPicture(
            id=job_id,
            name=detail["name"],
            state=detail["state"],
            started_at=read_time(detail["start-time"]),
            vertices=vertices,
            checkpoints=counts,
            restored=restored,
            watermark=sources.watermark,
            restarts=self._restarts(path),
            exceptions=read_exceptions(exceptions),
            failed_at=read_failure_times(exceptions),
            history=read_history(checkpoints),
            pending_records=sources.pending_records,
        )

    def upload_jar(self, name: str, content: bytes) -> str:
        """Upload a jar and return the id under which it can be run and deleted."""
        answer = self._effect(
            "POST",
            "/jars/upload",
            files={"jarfile": (name, content, "application/x-java-archive")},
            needed="filename",
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
        allow_non_restored_state: bool = False,
    ) -> None:
        """Run a PyFlink driver script on the JobManager, as a job with an id of our choice.

        `arguments` are the driver's path and its own arguments; they follow `-py`, because user
        arguments before it end the JobManager. The snapshot is never claimed: it stays ours.
        `allow_non_restored_state` drops state that no operator of the new job takes.

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
                "allowNonRestoredState": allow_non_restored_state,
            }
        self._effect("POST", f"/jars/{segment(jar_id)}/run", json=body, timeout=RUN_TIMEOUT)

    def cancel(self, job_id: FlinkJobId) -> None:
        """Ask for the cancellation of a job; an ended job is left as it is."""
        self._http.request("PATCH", f"/jobs/{segment(job_id)}?mode=cancel", effect=True)
