"""Which jobs a person has to see to, and when people are told."""

from datetime import datetime, timedelta

from headgate.ids import JobName

TOO_LONG_UNKNOWN = timedelta(minutes=15)
"""One look that fails says nothing of the job; for so long without one, nobody watches it."""
TOO_LONG_UNDER_WAY = timedelta(hours=1)
"""An operation that is under way for longer does not excuse the job any more."""
_BAD = ("failing", "missing")
_WELL = ("healthy", "stopped", "not deployed")


def is_excused(operation_started_at: datetime | None, now: datetime) -> bool:
    """Whether an operation is at work on the job, which may be failing or missing meanwhile."""
    return operation_started_at is not None and now - operation_started_at < TOO_LONG_UNDER_WAY


def needs_attention(state: str, since: datetime, now: datetime) -> bool:
    """Whether somebody has to see to a job in this state."""
    return state in _BAD or (state == "unknown" and now - since >= TOO_LONG_UNKNOWN)


def is_news(state: str, told: str) -> bool:
    """Whether people are to be told, who were last told that it is `told`.

    Once for each change: not again by every look, nor when it was degraded for a while.
    """
    return state != told


def still_told(state: str, told: str) -> str:
    """What people still believe after a look that was not worth telling."""
    return "" if state in _WELL else told


def next_step(job: JobName, state: str, *, is_recovered: bool, operation: str | None) -> str:
    """What to do about a job that needs attention."""
    if operation is not None:
        return f"headgate operations {operation}"
    if is_recovered:
        return "nothing yet: it is recovered now"
    if state == "missing":
        return f"headgate recover {job}"
    if state == "unknown":
        return "headgate ps"
    return f"headgate status {job}; mend the cause, then headgate recover {job}"
