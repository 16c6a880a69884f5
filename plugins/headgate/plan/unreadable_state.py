"""Whether a job cannot be restored because files of its snapshot are missing or cut off.

A job that does not come up after a restore may have a hundred reasons, and to continue from an
older snapshot publishes results again. So a snapshot is blamed only for what nothing else explains:
every failure so far happened while Flink read the state, and the innermost cause is that a file is
not there or ends too early.
"""

import re
from dataclasses import dataclass

from headgate.clients.flink.pictures import JobPicture
from headgate.clients.locations import same_location

_WHILE_STATE_IS_READ = "Exception while creating StreamOperatorStateContext"
"""Of `StreamTaskStateInitializerImpl`, around all that restores the state of one operator."""
_MISSING = re.compile(
    r"(?:FileNotFoundException|NoSuchFileException): .*?((?:file:|s3[ap]?:/)?/[^\s()]+)"
)
_CUT_OFF = re.compile(r"java\.io\.(?:EOFException|StreamCorruptedException)\b")
_RETRIES_FOR_EVER = 2
"""A job that is restarted must have failed so more than once."""


@dataclass(frozen=True)
class UnreadableState:
    """What Flink says. `missing` is the file that it does not find; None for one cut off."""

    cause: str
    missing: str | None


def unreadable_state(picture: JobPicture, asked: str) -> UnreadableState | None:
    """Judge a job that was told to restore the snapshot at `asked`; None if it is not to blame."""
    restored, failures = picture.restored, picture.exceptions
    if restored is None or not same_location(restored.path, asked) or picture.checkpoints.completed:
        return None
    if len(failures) < (1 if picture.is_terminal else _RETRIES_FOR_EVER):
        return None
    causes = [_cause(failure) for failure in failures]
    return causes[0] if all(causes) else None


def _cause(failure: str) -> UnreadableState | None:
    """`failure` is the first line of a stack trace and its innermost cause."""
    outer, _, inner = failure.partition(" / Caused by: ")
    if _WHILE_STATE_IS_READ not in outer:
        return None
    missing = _MISSING.search(inner)
    if missing is not None:
        return UnreadableState(inner, missing[1])
    return UnreadableState(inner, None) if _CUT_OFF.match(inner) else None
