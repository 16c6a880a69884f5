"""Which folders of retained checkpoints are of no use any more: those of submissions long past."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate.clients.locations import is_below, same_location
from headgate.ids import FlinkJobId

KEPT_FOR = timedelta(days=1)
"""After the end of the submission, and after the last checkpoint in its folder."""


@dataclass(frozen=True)
class Submitted:
    """A submission of the job. `had_state`: it was healthy, or has left a checkpoint."""

    flink_job_id: FlinkJobId
    had_state: bool
    created_at: datetime
    last_checkpoint_at: datetime | None = None


@dataclass(frozen=True)
class CheckpointFacts:
    """All that the decision rests on. `submissions` are the latest first."""

    submissions: Sequence[Submitted]
    folders: Mapping[FlinkJobId, str]
    """What is in the job's folder of checkpoints, by the Flink job id that names it."""
    in_use: AbstractSet[str]
    """Locations that something stands on, and those of pinned snapshots."""
    in_doubt: str | None
    """Why it is not certain that the latest submission needs nothing of the earlier ones."""
    now: datetime


@dataclass(frozen=True)
class CheckpointRetention:
    """The decision: folders to delete, folders that stay by reason, folders of nobody known."""

    dispose: tuple[str, ...]
    kept: Mapping[str, str]
    unknown: tuple[str, ...]


def checkpoint_retention(facts: CheckpointFacts) -> CheckpointRetention:
    """Decide from the facts alone. What is not known to be of no use stays."""
    reasons = {
        facts.folders[one.flink_job_id]: _reason(facts, position, one)
        for position, one in enumerate(facts.submissions)
        if one.flink_job_id in facts.folders
    }
    return CheckpointRetention(
        tuple(folder for folder, reason in reasons.items() if reason is None),
        {folder: reason for folder, reason in reasons.items() if reason is not None},
        tuple(folder for folder in facts.folders.values() if folder not in reasons),
    )


def _reason(facts: CheckpointFacts, position: int, one: Submitted) -> str | None:
    if position == 0:
        return "of the latest deployment"
    if one == next((earlier for earlier in facts.submissions[1:] if earlier.had_state), None):
        return "of the last deployment with state before it"
    if facts.in_doubt is not None:
        return facts.in_doubt
    folder = facts.folders[one.flink_job_id]
    used = next(
        (at for at in facts.in_use if is_below(at, folder) or same_location(at, folder)), None
    )
    if used is not None:
        return f"in use: {used}"
    # The next submission is made only when this one has ended.
    ended_at = facts.submissions[position - 1].created_at
    if facts.now - max(ended_at, one.last_checkpoint_at or ended_at) < KEPT_FOR:
        return "ended less than a day ago"
    return None
