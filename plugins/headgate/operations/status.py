"""How every job stands: declared, recorded and observed side by side. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from headgate.clients.flink import JobPicture
from headgate.errors import HeadgateError
from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.ledger.records import DeploymentRecord, OperationRecord
from headgate.operations.services import Services
from headgate.plan.health import in_words, records_in
from headgate.spec.declared import Declared, DeclaredJob

State = Literal["healthy", "degraded", "failing", "stopped", "missing", "not deployed", "unknown"]


@dataclass(frozen=True)
class JobStatus:
    """One job. `reason` says in words why the state is what it is."""

    job: JobName
    line: FlinkLineName
    state: State
    reason: str
    generation: int | None = None
    flink_job_id: FlinkJobId | None = None
    page: str | None = None
    changed: bool = False
    """Whether the declaration differs from what was deployed."""
    running_since: datetime | None = None
    checkpoints: int | None = None
    checkpoint_age: timedelta | None = None
    watermark_lag: timedelta | None = None
    records_in: int | None = None
    restarts: int | None = None
    operation: str | None = None
    """Kind of the operation that is under way."""

    def as_json(self) -> Mapping[str, Any]:
        """For machines: durations in seconds, times as ISO 8601."""
        return {
            **vars(self),
            "running_since": self.running_since.isoformat() if self.running_since else None,
            "checkpoint_age": _seconds(self.checkpoint_age),
            "watermark_lag": _seconds(self.watermark_lag),
        }


def status_of_all(services: Services, declared: Declared) -> Sequence[JobStatus]:
    """Status of every declared or recorded job, by name."""
    recorded = {deployment.job for deployment in services.ledger.deployments()}
    names = sorted(recorded | set(declared.jobs))
    return [status_of(services, name, declared.jobs.get(name)) for name in names]


def status_of(services: Services, job: JobName, declared: DeclaredJob | None) -> JobStatus:
    """Status of one job; a server that cannot be reached makes it `unknown`, never `failing`."""
    deployments = services.ledger.deployments(job)
    operation = services.ledger.running_operation(job)
    if not deployments:
        line = FlinkLineName(declared.spec.flink) if declared else FlinkLineName("?")
        under_way = f"{operation.kind} under way" if operation else "never deployed"
        return JobStatus(job, line, "not deployed", under_way, operation=_kind(operation))
    latest = deployments[0]
    try:
        client = services.flink(latest.line)
        picture = client.job(latest.flink_job_id)
        page = client.job_page(latest.flink_job_id)
    except HeadgateError as error:
        return _recorded(latest, declared, operation, "unknown", error.what.splitlines()[0])
    if picture is None or picture.is_terminal:
        return _ended(latest, declared, operation, picture)
    interval = declared.spec.checkpoint_interval if declared else timedelta(minutes=1)
    return _running(
        _recorded(latest, declared, operation, "healthy", ""),
        picture,
        page=page,
        now=services.clock.now(),
        interval=interval,
    )


def _running(
    recorded: JobStatus, picture: JobPicture, *, page: str, now: datetime, interval: timedelta
) -> JobStatus:
    verdict = in_words(picture, now, interval)
    completed_at = picture.checkpoints.latest_completed_at
    return replace(
        recorded,
        state="degraded" if verdict.state == "waiting" else verdict.state,
        reason=verdict.reason,
        page=page,
        running_since=picture.started_at,
        checkpoints=picture.checkpoints.completed,
        checkpoint_age=now - completed_at if completed_at else None,
        watermark_lag=now - picture.watermark if picture.watermark else None,
        records_in=records_in(picture),
        restarts=picture.restarts,
    )


def _ended(
    latest: DeploymentRecord,
    declared: DeclaredJob | None,
    operation: OperationRecord | None,
    picture: JobPicture | None,
) -> JobStatus:
    if latest.state == "stopped":
        return _recorded(latest, declared, operation, "stopped", "stopped with a savepoint")
    if picture is None:
        reason = "Flink does not know the job; its JobManager may have restarted"
        return _recorded(latest, declared, operation, "missing", reason)
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    reason = f"ended as {picture.state}{cause}"
    return _recorded(latest, declared, operation, "failing", reason)


def _recorded(
    latest: DeploymentRecord,
    declared: DeclaredJob | None,
    operation: OperationRecord | None,
    state: State,
    reason: str,
) -> JobStatus:
    return JobStatus(
        job=latest.job,
        line=latest.line,
        state=state,
        reason=reason,
        generation=latest.generation,
        flink_job_id=latest.flink_job_id,
        changed=_changed(latest, declared),
        operation=_kind(operation),
    )


def _changed(latest: DeploymentRecord, declared: DeclaredJob | None) -> bool:
    return declared is not None and declared.digest != latest.spec_digest


def _kind(operation: OperationRecord | None) -> str | None:
    return operation.kind if operation else None


def _seconds(duration: timedelta | None) -> float | None:
    return round(duration.total_seconds(), 3) if duration is not None else None
