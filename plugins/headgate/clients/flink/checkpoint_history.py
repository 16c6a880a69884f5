"""The latest checkpoints of a job one by one, as Flink keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from headgate.clients.flink.times import read_time

_STATES: Mapping[str, Literal["completed", "failed", "in progress"]] = {
    "COMPLETED": "completed",
    "FAILED": "failed",
    "IN_PROGRESS": "in progress",
}


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint or savepoint. `failure` says why it failed, in Flink's words."""

    state: Literal["completed", "failed", "in progress"]
    triggered_at: datetime
    duration: timedelta
    """From the trigger until every task had acknowledged it."""
    state_bytes: int
    """The whole state, also what an incremental checkpoint has not written again."""
    is_savepoint: bool
    failure: str = ""


def read_history(answer: Mapping[str, Any]) -> tuple[Checkpoint, ...]:
    """`history` of `GET /jobs/:jobid/checkpoints`, the latest first.

    Flink keeps `web.checkpoints.history` of them, 10 unless told otherwise.
    """
    return tuple(
        Checkpoint(
            state=_STATES[entry["status"]],
            triggered_at=read_time(entry["trigger_timestamp"]),
            duration=timedelta(milliseconds=max(0, entry["end_to_end_duration"])),
            state_bytes=entry["state_size"],
            is_savepoint=entry["is_savepoint"],
            failure=entry.get("failure_message") or "",
        )
        for entry in answer.get("history", ())
        if entry["status"] in _STATES
    )
