"""Whether a job that its cluster does not know runs somewhere else: its checkpoints would go on.

Another cluster may answer at an address, or a JobManager without its memory while the former one
is only cut off. Two jobs of one name write under one transactional-id prefix, and end each other's
transactions; so the folder of the job's checkpoints is looked at twice before it counts as gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

_KEY = "checkpoints"
_SPARE = timedelta(seconds=5)
"""For the checkpoint that was due to be begun."""
_SURELY_QUIET = timedelta(minutes=5)
_INTERVALS = 3


@dataclass(frozen=True)
class FolderLook:
    """What a look has seen. `newest` is the highest number of a checkpoint, whole or not."""

    at: datetime
    newest: int

    @classmethod
    def of(cls, progress: Mapping[str, Any]) -> Self | None:
        """Read back what `as_progress` wrote; None before the first look."""
        written = progress.get(_KEY)
        return cls(datetime.fromisoformat(written["at"]), written["newest"]) if written else None

    def as_progress(self) -> dict[str, Any]:
        """As JSON for the ledger."""
        return {_KEY: {"at": self.at.isoformat(), "newest": self.newest}}


def where_it_is(
    look: FolderLook, first: FolderLook | None, *, interval: timedelta, last_sign: datetime
) -> Literal["gone", "elsewhere", "unclear"]:
    """Judge a job that its cluster does not know. `interval` is that of its checkpoints.

    `last_sign` is when its newest whole checkpoint was written, or when it was submitted. One
    that has been quiet for long needs no second look.
    """
    if first is None:
        quiet = look.at - last_sign
        return "gone" if quiet > max(_SURELY_QUIET, _INTERVALS * interval) else "unclear"
    if look.newest > first.newest:
        return "elsewhere"
    return "gone" if look.at - first.at > interval + _SPARE else "unclear"


def next_look(first: FolderLook, now: datetime, interval: timedelta) -> timedelta:
    """When to look again; not sooner than after a second."""
    return max(timedelta(seconds=1), first.at + interval + _SPARE - now)
