"""What Flink's REST API says, as plain values, and how its JSON is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from headgate.clients.flink.checkpoint_history import Checkpoint
from headgate.clients.flink.times import read_time
from headgate.ids import FlinkJobId

TERMINAL_STATES = frozenset({"FINISHED", "CANCELED", "FAILED"})


@dataclass(frozen=True)
class ClusterOverview:
    """One session cluster. `version` is Flink's full version, such as 2.2.1."""

    version: str
    task_managers: int
    slots_total: int
    slots_available: int


@dataclass(frozen=True)
class TaskTime:
    """How the tasks of a vertex have spent their time since they started, all subtasks together."""

    busy: timedelta
    idle: timedelta
    back_pressured: timedelta
    """Waiting for a task behind them that takes nothing."""


@dataclass(frozen=True)
class Vertex:
    """One vertex of a job: its tasks' state and what it has read and written since the start."""

    id: str
    name: str
    state: str
    parallelism: int
    records_read: int
    records_written: int
    is_source: bool
    """Whether no other vertex sends to it."""
    max_parallelism: int = 32_768
    """1 where the vertex gathers everything, whatever the job's own parallelism."""
    time: TaskTime | None = None
    """None while no task of it has told."""


@dataclass(frozen=True)
class RestoredFrom:
    """The snapshot that a job says it was restored from."""

    path: str
    at: datetime


@dataclass(frozen=True)
class CheckpointCounts:
    """Checkpoints of the running job; `completed` counts savepoints too."""

    completed: int = 0
    failed: int = 0
    restored: int = 0
    latest_completed_at: datetime | None = None


@dataclass(frozen=True)
class JobPicture:
    """One look at one job. `state` alone says little: it is RUNNING before any task runs."""

    id: FlinkJobId
    name: str
    state: str
    started_at: datetime
    vertices: tuple[Vertex, ...]
    checkpoints: CheckpointCounts = CheckpointCounts()
    restored: RestoredFrom | None = None
    watermark: datetime | None = None
    restarts: int | None = None
    exceptions: tuple[str, ...] = field(default=())
    failed_at: tuple[datetime, ...] = ()
    """When the job failed over, the latest first; as many as `exceptions`."""
    history: tuple[Checkpoint, ...] = ()
    """The latest checkpoints and savepoints, the latest first."""
    pending_records: int | None = None
    """Records that the sources have still to read; None where they do not tell."""

    @property
    def is_terminal(self) -> bool:
        """Whether the job has ended for good."""
        return self.state in TERMINAL_STATES


@dataclass(frozen=True)
class SavepointStatus:
    """How a triggered savepoint stands. COMPLETED may mean failed, so the location decides."""

    in_progress: bool
    location: str | None
    failure: str | None


@dataclass(frozen=True)
class CompletedSavepoint:
    """A savepoint as Flink's statistics have it. Its state is that of `triggered_at`."""

    location: str
    triggered_at: datetime
    duration: timedelta
    """From the trigger until every task had acknowledged it."""


@dataclass(frozen=True)
class DisposalStatus:
    """How the disposal of a savepoint stands. COMPLETED may mean failed."""

    in_progress: bool
    failure: str | None


def read_vertices(answer: Mapping[str, Any]) -> tuple[Vertex, ...]:
    """The vertices of `GET /jobs/:jobid`."""
    inputs = {node["id"]: node.get("inputs", ()) for node in answer["plan"]["nodes"]}
    return tuple(
        Vertex(
            id=vertex["id"],
            name=vertex["name"],
            state=vertex["status"],
            parallelism=vertex["parallelism"],
            records_read=max(0, vertex["metrics"]["read-records"]),
            records_written=max(0, vertex["metrics"]["write-records"]),
            is_source=not inputs.get(vertex["id"]),
            max_parallelism=vertex.get("maxParallelism") or Vertex.max_parallelism,
            time=_task_time(vertex["metrics"]),
        )
        for vertex in answer["vertices"]
    )


def _task_time(metrics: Mapping[str, Any]) -> TaskTime | None:
    """Flink writes the busy time of a vertex that does not measure it as "NaN"."""
    read = [
        float(metrics.get(f"accumulated-{kind}-time") or 0)
        for kind in ("busy", "idle", "backpressured")
    ]
    if not all(isfinite(milliseconds) for milliseconds in read) or sum(read) <= 0:
        return None
    busy, idle, back_pressured = (timedelta(milliseconds=max(0, one)) for one in read)
    return TaskTime(busy, idle, back_pressured)


def read_checkpoints(
    answer: Mapping[str, Any],
) -> tuple[CheckpointCounts, RestoredFrom | None]:
    """Counts and the restored snapshot of `GET /jobs/:jobid/checkpoints`."""
    counts, latest = answer["counts"], answer["latest"]
    acknowledged = [
        latest[kind]["latest_ack_timestamp"]
        for kind in ("completed", "savepoint")
        if latest.get(kind)
    ]
    restored = latest.get("restored")
    return (
        CheckpointCounts(
            completed=counts["completed"],
            failed=counts["failed"],
            restored=counts["restored"],
            latest_completed_at=read_time(max(acknowledged)) if acknowledged else None,
        ),
        RestoredFrom(restored["external_path"], read_time(restored["restore_timestamp"]))
        if restored
        else None,
    )


def read_latest_savepoint(answer: Mapping[str, Any]) -> CompletedSavepoint | None:
    """`latest.savepoint` of `GET /jobs/:jobid/checkpoints`."""
    savepoint = answer["latest"].get("savepoint")
    if not savepoint or not savepoint.get("external_path"):
        return None
    return CompletedSavepoint(
        location=savepoint["external_path"],
        triggered_at=read_time(savepoint["trigger_timestamp"]),
        duration=timedelta(milliseconds=savepoint["end_to_end_duration"]),
    )


def read_exceptions(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """First lines of the stack traces of `GET /jobs/:jobid/exceptions`, causes innermost last.

    The entries of `exceptionHistory` are read; the flat root-exception fields are deprecated.
    """
    entries = answer.get("exceptionHistory", {}).get("entries", ())
    return tuple(
        _first_lines(entry.get("stacktrace") or entry["exceptionName"]) for entry in entries
    )


def read_failure_times(answer: Mapping[str, Any]) -> tuple[datetime, ...]:
    """When the failures of `GET /jobs/:jobid/exceptions` happened, in the order of its entries."""
    entries = answer.get("exceptionHistory", {}).get("entries", ())
    return tuple(read_time(entry["timestamp"]) for entry in entries)


def _first_lines(stack_trace: str) -> str:
    lines = stack_trace.splitlines()
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return " / ".join([*lines[:1], *causes[-1:]])
