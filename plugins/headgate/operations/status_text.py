"""Statuses as text: the cells of a table, and what stands beneath it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from headgate.operations.job_status import JobStatus
from headgate.plan.in_words import bytes_in_words, duration_in_words

TEXT_COLUMNS = ("JOB", "FLINK", "STATE")
COLUMNS = (
    *TEXT_COLUMNS,
    "SINCE",
    "TASKS",
    "INPUT LAG",
    "WATERMARK",
    "CHECKPOINT",
    "TOOK",
    "SIZE",
    "PRESSURE",
    "RESTARTS",
)
"""WATERMARK is how far it is behind the clock; CHECKPOINT how long ago the last one completed,
TOOK and SIZE its duration and the whole state; PRESSURE the back pressure of the worst vertex."""
NARROW_COLUMNS = tuple(
    name for name in COLUMNS if name not in ("FLINK", "SINCE", "TASKS", "TOOK", "SIZE", "PRESSURE")
)
"""What fits 80 characters."""


def cells(status: JobStatus, now: datetime) -> dict[str, str]:
    """The texts of one row by column; empty where there is nothing to say."""
    pressure = status.back_pressured
    return {
        "JOB": status.job,
        "FLINK": status.line,
        "STATE": status.state,
        "SINCE": _duration(now - status.since if status.since else None),
        "TASKS": f"{status.vertices_running}/{status.vertices}" if status.vertices else "",
        "INPUT LAG": _count(status.input_lag),
        "WATERMARK": _duration(status.watermark_lag),
        "CHECKPOINT": _duration(status.checkpoint_age, " ago"),
        "TOOK": _duration(status.checkpoint_duration),
        "SIZE": bytes_in_words(status.checkpoint_bytes) if status.checkpoint_bytes else "",
        "PRESSURE": f"{pressure.per_second / 10:.0f} %" if pressure else "",
        "RESTARTS": _count(status.restarts),
    }


def remark(status: JobStatus) -> str:
    """What is to be said of a job in words; empty for one of which there is nothing to say."""
    parts = [status.reason] if status.reason else []
    if status.changed:
        parts.append("declaration changed since")
    if status.declared_line is not None:
        parts.append(
            f"runs on Flink {status.line}, job.yaml declares {status.declared_line} (set "
            f'`flink: "{status.line}"` there, or headgate upgrade {status.job} --to '
            f"{status.declared_line})"
        )
    if status.declared_parallelism is not None:
        parts.append(f"parallelism {status.declared_parallelism} is declared")
    if status.operation and status.operation not in status.reason:
        parts.append(f"{status.operation} under way")
    return "; ".join(parts)


def details(status: JobStatus) -> Sequence[str]:
    """One job in more detail than a table has room for."""
    lines = []
    if status.generation is not None:
        lines.append(f"generation {status.generation}, Flink job {status.flink_job_id}")
    if status.page:
        lines.append(status.page)
    if status.restored_from:
        lines.append(f"restored from {status.restored_from}")
    if status.checkpoints is not None:
        failed = f", {status.checkpoints_failed} failed" if status.checkpoints_failed else ""
        lines.append(f"{status.checkpoints:,} checkpoints completed{failed}")
    if status.records_in is not None:
        lines.append(f"{status.records_in:,} records read since the start")
    for load, word in ((status.busiest, "busy"), (status.back_pressured, "back pressured")):
        if load is not None and load.per_second:
            lines.append(f"{word} {load.per_second} ms/s: {load.vertex}")
    return lines


def as_plain_table(statuses: Sequence[JobStatus], now: datetime) -> str:
    """A table for a log, with the remarks beneath it."""
    rows = [dict(zip(COLUMNS, COLUMNS, strict=True)), *(cells(one, now) for one in statuses)]
    widths = {name: max(len(row[name]) for row in rows) for name in COLUMNS}
    lines = [
        "  ".join(
            row[name].ljust(widths[name]) if name in TEXT_COLUMNS else row[name].rjust(widths[name])
            for name in COLUMNS
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *(f"{one.job}: {remark(one)}" for one in statuses if remark(one))])


def _duration(duration: timedelta | None, suffix: str = "") -> str:
    return f"{duration_in_words(duration)}{suffix}" if duration is not None else ""


def _count(number: int | None) -> str:
    return f"{number:,}" if number is not None else ""
