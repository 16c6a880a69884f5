"""Whether a job lives, or has to be brought back: a decision over successive looks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from headgate.clients.flink.pictures import JobPicture

STEADY_FOR = timedelta(seconds=20)
"""So long a job that has restarted before must run without another restart: longer than the
longest usual pause between two restarts."""
WATCHED_FOR = timedelta(seconds=60)
"""So long a job may take to show that it works."""
_AGAIN_AND_AGAIN = 2


@dataclass(frozen=True)
class FirstLook:
    """What the first look saw; later ones are compared with it."""

    at: datetime
    restarts: int | None
    completed: int

    @classmethod
    def of(cls, progress: Mapping[str, Any], now: datetime) -> Self | None:
        """Read back what `as_progress` wrote; None before the first look.

        What was seen long ago, by an operation that is taken up again, says nothing of today.
        """
        if "restarts" not in progress:
            return None
        at = datetime.fromisoformat(progress["at"])
        if now - at > 2 * WATCHED_FOR:
            return None
        return cls(at, progress["restarts"], progress["completed"])

    def as_progress(self) -> dict[str, Any]:
        """As JSON for the ledger."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True)
class Life:
    """What the look says; `reason` says why, in words.

    lives: leave it alone; gone: Flink runs it no more; failing: it runs and does not work;
    unclear: look again.
    """

    verdict: Literal["lives", "gone", "failing", "unclear"]
    reason: str


def life_of(
    picture: JobPicture | None, first: FirstLook | None, *, now: datetime, checkpoint_age: timedelta
) -> Life:
    """Judge one look. `checkpoint_age` is how old the last completed checkpoint may be.

    A job that restarts again and again is RUNNING now and then, and completes a checkpoint now
    and then, so one look at a job that has restarted before is not enough.
    """
    if picture is None:
        return Life("gone", "Flink does not know it; its JobManager has restarted")
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    if picture.is_terminal:
        return Life("gone", f"it has ended as {picture.state}{cause}")
    watched = now - first.at if first else timedelta(0)
    trouble = _trouble(picture, first, now, checkpoint_age)
    restarts = _restarts_since(picture, first)
    if restarts >= _AGAIN_AND_AGAIN:
        return Life("failing", f"it restarted {restarts} times while it was watched{cause}")
    if trouble is not None:
        is_over = watched >= WATCHED_FOR
        return Life("failing", f"{trouble}{cause}") if is_over else Life("unclear", trouble)
    if picture.restarts == 0 or watched >= (WATCHED_FOR if restarts else STEADY_FOR):
        return Life("lives", f"{picture.checkpoints.completed} checkpoints")
    return Life("unclear", "it has restarted before; watching whether it does again")


def _restarts_since(picture: JobPicture, first: FirstLook | None) -> int:
    if first is None or first.restarts is None or picture.restarts is None:
        return 0
    return max(0, picture.restarts - first.restarts)


def _trouble(
    picture: JobPicture, first: FirstLook | None, now: datetime, checkpoint_age: timedelta
) -> str | None:
    running = sum(vertex.state == "RUNNING" for vertex in picture.vertices)
    if running < len(picture.vertices) or not picture.vertices:
        return f"{picture.state}: {running} of {len(picture.vertices)} vertices run"
    if first is not None and picture.checkpoints.completed > first.completed:
        return None
    since = picture.checkpoints.latest_completed_at or picture.started_at
    if now - since > checkpoint_age:
        return f"no checkpoint has completed for {(now - since) // timedelta(seconds=1)} s"
    return None
