"""What Flink's REST API says, as plain values, and how its JSON is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

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


def read_time(milliseconds: int) -> datetime:
    """Epoch milliseconds, as Flink writes them, as an aware time."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


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
        )
        for vertex in answer["vertices"]
    )


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


def read_exceptions(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """First lines of the stack traces of `GET /jobs/:jobid/exceptions`, causes innermost last.

    The entries of `exceptionHistory` are read; the flat root-exception fields are deprecated.
    """
    entries = answer.get("exceptionHistory", {}).get("entries", ())
    return tuple(
        _first_lines(entry.get("stacktrace") or entry["exceptionName"]) for entry in entries
    )


def _first_lines(stack_trace: str) -> str:
    lines = stack_trace.splitlines()
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return " / ".join([*lines[:1], *causes[-1:]])
