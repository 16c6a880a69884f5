"""Waiting for an end that Flink has begun, but not without a bound."""

from datetime import datetime, timedelta

from headgate.operations.engine.step import Intention, Pending

ENDS_WITHIN = timedelta(minutes=5)
"""A task that does not end in so long will not end by itself."""
_SINCE = "ending_since"


def still_ending(note: str, intention: Intention, now: datetime) -> Pending | None:
    """Come again soon; None when it has lasted for longer than `ENDS_WITHIN`.

    It counts from the first look that saw the job ending, which is remembered: the step may have
    been intended long before, and taken up again today.
    """
    poll = timedelta(milliseconds=500)
    since = intention.progress.get(_SINCE)
    if since is None:
        seen = {**intention.progress, _SINCE: now.isoformat()}
        return Pending(note, poll, seen, must_remember=True)
    if now - datetime.fromisoformat(since) < ENDS_WITHIN:
        return Pending(note, poll)
    return None
