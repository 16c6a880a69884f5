"""What a shadow job that was restored from a savepoint says about it."""

from dataclasses import dataclass
from typing import Literal

from headgate.clients.flink.pictures import JobPicture
from headgate.plan.health import Verdict


@dataclass(frozen=True)
class Proof:
    """proven: it was restored and works; broken: it cannot be restored; undecided: neither."""

    verdict: Literal["proven", "broken", "undecided"]
    reason: str


def proof_of(
    verdict: Verdict, shadow: JobPicture, live: JobPicture | None, *, is_late: bool
) -> Proof | None:
    """Decide from the health of the shadow job; None while it may still become healthy.

    A savepoint is broken only if the shadow job has ended without one completed checkpoint, while
    the live job, the same code on the same cluster, works. Anything else may have another cause,
    and nobody would restore from a savepoint that is wrongly called broken.
    """
    if verdict.state == "healthy":
        return Proof("proven", f"restored, {shadow.checkpoints.completed} checkpoints since")
    if verdict.state == "failing":
        if shadow.checkpoints.completed == 0 and live is not None and _works(live):
            return Proof("broken", verdict.reason)
        return Proof("undecided", verdict.reason)
    return Proof("undecided", f"not healthy in time: {verdict.reason}") if is_late else None


def _works(live: JobPicture) -> bool:
    return (
        live.state == "RUNNING"
        and bool(live.vertices)
        and all(vertex.state == "RUNNING" for vertex in live.vertices)
        and live.checkpoints.completed > 0
    )
