"""How one job stands, as people and machines are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.plan.health_figures import Load

State = Literal["healthy", "degraded", "failing", "stopped", "missing", "not deployed", "unknown"]


@dataclass(frozen=True)
class JobStatus:
    """One job. `reason` says in words why the state is what it is.

    Figures are None where they could not be seen.
    """

    job: JobName
    line: FlinkLineName
    state: State
    reason: str
    generation: int | None = None
    flink_job_id: FlinkJobId | None = None
    page: str | None = None
    changed: bool = False
    """Whether the declaration differs from what was deployed, but for its Flink line."""
    declared_line: FlinkLineName | None = None
    """Only where it is another than the one on which the job was deployed."""
    declared_parallelism: int | None = None
    """Only where the job was rescaled, and runs with another one."""
    since: datetime | None = None
    """When the state became what it is, by the looks of the health check."""
    running_since: datetime | None = None
    vertices: int | None = None
    vertices_running: int | None = None
    restored_from: str | None = None
    """The snapshot from which Flink last restored it."""
    checkpoints: int | None = None
    checkpoint_age: timedelta | None = None
    checkpoint_duration: timedelta | None = None
    checkpoint_bytes: int | None = None
    """Size of the whole state in the last checkpoint."""
    checkpoints_failed: int | None = None
    watermark_lag: timedelta | None = None
    input_lag: int | None = None
    """Records that are still to be read."""
    records_in: int | None = None
    restarts: int | None = None
    restarts_lately: int | None = None
    """Of the last ten minutes."""
    back_pressured: Load | None = None
    """The vertex that most waits for those behind it, since the last look of the health check."""
    busiest: Load | None = None
    operation: str | None = None
    """Kind of the operation that is under way."""

    def as_json(self) -> Mapping[str, Any]:
        """For machines: durations in seconds, times as ISO 8601."""
        durations = ("checkpoint_age", "checkpoint_duration", "watermark_lag")
        times = ("since", "running_since")
        loads = ("back_pressured", "busiest")
        return {
            **vars(self),
            **{name: _seconds(getattr(self, name)) for name in durations},
            **{name: _iso(getattr(self, name)) for name in times},
            **{name: _load(getattr(self, name)) for name in loads},
        }


def _seconds(duration: timedelta | None) -> float | None:
    return round(duration.total_seconds(), 3) if duration is not None else None


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time is not None else None


def _load(load: Load | None) -> Mapping[str, Any] | None:
    return {"vertex": load.vertex, "ms_per_second": load.per_second} if load else None
