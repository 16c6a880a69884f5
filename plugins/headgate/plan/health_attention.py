"""Which jobs a person has to see to, and when people are told."""

from datetime import datetime, timedelta

from headgate.ids import JobName
from headgate.plan.left_open import HeldBy, is_always_taken_up

TOO_LONG_UNKNOWN = timedelta(minutes=15)
"""One look that fails says nothing of the job; for so long without one, nobody watches it."""
TOO_LONG_UNDER_WAY = timedelta(hours=1)
"""An operation that is under way for longer does not excuse the job any more, and one that was left
open for longer is not brought to its end by itself."""
_BAD = ("failing", "missing")
_WELL = ("healthy", "stopped", "not deployed")


def is_excused(held: HeldBy | None, started_at: datetime | None, now: datetime) -> bool:
    """Whether an operation is at work on the job, which may be failing or missing meanwhile.

    One that was left open, because its process died or a server stayed away for longer than its
    step is patient, is at work on nothing.
    """
    if held is None or started_at is None or held.is_left:
        return False
    return now - started_at < TOO_LONG_UNDER_WAY


def blocks(held: HeldBy | None, started_at: datetime | None, now: datetime) -> bool:
    """Whether an operation that was left open keeps all others from the job, until a person comes.

    The schedules bring their own to an end; where they do not run, that takes a person too.
    """
    if held is None or started_at is None or not held.is_left:
        return False
    return not is_always_taken_up(held) or now - started_at >= TOO_LONG_UNDER_WAY


def needs_attention(state: str, since: datetime, now: datetime) -> bool:
    """Whether somebody has to see to a job in this state."""
    return state in _BAD or (state == "unknown" and now - since >= TOO_LONG_UNKNOWN)


def is_news(state: str, told: str) -> bool:
    """Whether people are to be told, who were last told that it is `told`.

    Once for each change: not again by every look, nor when it was degraded for a while.
    """
    return state != told


def news_of(state: str, since: datetime, now: datetime, held: HeldBy | None) -> str:
    """What people are told of, in a word to compare with: the state, or what blocks the job."""
    if held is None or needs_attention(state, since, now):
        return state
    return f"{held.operation} left open"


def still_told(state: str, told: str, *, is_blocked: bool = False) -> str:
    """What people still believe after a look that was not worth telling."""
    return "" if state in _WELL and not is_blocked else told


def next_step(job: JobName, state: str, *, is_recovered: bool, operation: str | None) -> str:
    """What to do about a job that needs attention. `operation` is the one that holds it."""
    if is_recovered:
        return "nothing yet: it is recovered now"
    if operation is not None:
        return f"headgate operations {operation}"
    if state == "missing":
        return f"headgate recover {job}"
    if state == "unknown":
        return "headgate ps"
    return f"headgate status {job}; mend the cause, then headgate recover {job}"
