"""What a shadow job that was restored from a savepoint says about it."""

import re
from dataclasses import dataclass
from typing import Literal

from headgate.clients.flink.pictures import JobPicture
from headgate.clients.locations import same_location
from headgate.plan.health import Verdict

_GIVEN_UP = "Recovery is suppressed by"
"""Of `ExecutionFailureHandler`, when the restart strategy allows no further attempt."""
_WHILE_STATE_IS_READ = "Exception while creating StreamOperatorStateContext"
"""Of `StreamTaskStateInitializerImpl`, around all that restores the state of one operator."""
_SURROUNDINGS = re.compile(
    r"Connect|Timeout|timed out|UnknownHost|SdkClient|AccessDenied|Interrupted|Cancel|OutOfMemory"
    r"|No space left"
)
"""Causes that lie with storage, network or memory, and not with what was stored."""


@dataclass(frozen=True)
class Proof:
    """proven: it was restored and works; broken: it cannot be restored; undecided: neither."""

    verdict: Literal["proven", "broken", "undecided"]
    reason: str


def proof_of(
    verdict: Verdict,
    shadow: JobPicture,
    live: JobPicture | None,
    *,
    restored: str,
    is_late: bool,
) -> Proof | None:
    """Decide from the health of the shadow job; None while it may still become healthy.

    A savepoint is broken only if the shadow job has FAILED without one completed checkpoint, each
    time because files of `restored` could not be read, while the live job, the same code on the
    same cluster, works. Anything else may have another cause: somebody has cancelled the shadow
    job, a Python worker has died. Nobody would restore from a savepoint that is wrongly called
    broken.
    """
    if verdict.state == "healthy":
        return Proof("proven", f"restored, {shadow.checkpoints.completed} checkpoints since")
    if verdict.state == "failing":
        unreadable = _unreadable(shadow, restored)
        if unreadable is not None and live is not None and _works(live):
            return Proof("broken", f"its files cannot be read: {unreadable}")
        return Proof("undecided", verdict.reason)
    return Proof("undecided", f"not healthy in time: {verdict.reason}") if is_late else None


def _unreadable(shadow: JobPicture, asked: str) -> str | None:
    """What Flink says, where every failure happened while it read the state of an operator.

    Flink adds one entry for the end itself, without the cause that lay in between.
    """
    restored = shadow.restored
    if shadow.state != "FAILED" or shadow.checkpoints.completed:
        return None
    if restored is None or not same_location(restored.path, asked):
        return None
    failures = [one for one in shadow.exceptions if _GIVEN_UP not in one]
    is_own = [_WHILE_STATE_IS_READ in one and not _SURROUNDINGS.search(one) for one in failures]
    return failures[0] if failures and all(is_own) else None


def _works(live: JobPicture) -> bool:
    return (
        live.state == "RUNNING"
        and bool(live.vertices)
        and all(vertex.state == "RUNNING" for vertex in live.vertices)
        and live.checkpoints.completed > 0
    )
