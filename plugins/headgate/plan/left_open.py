"""Whether an open operation is worked on, or was left; and who brings it to its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SIGN_OF_LIFE = timedelta(minutes=4)
"""Whoever works on an operation shows it in the ledger at least so often."""
GRACE = 2 * SIGN_OF_LIFE
"""Beyond the patience of its step: so long nothing is heard of an operation that was left."""
_ALWAYS_TAKEN_UP = frozenset({"savepoint", "dispose_savepoints", "dispose_checkpoints", "prove"})
"""They are begun by schedules and change nothing of what runs, so anybody brings them to an end."""


@dataclass(frozen=True)
class HeldBy:
    """The open operation that holds a job. left: nobody works on it."""

    kind: str
    operation: str
    is_left: bool

    @property
    def in_words(self) -> str:
        """Kind and id, and how it stands."""
        how = "was left open" if self.is_left else "is under way"
        return f"{self.kind} {self.operation} {how}"


def is_left(
    now: datetime, last_sign: datetime, patience: timedelta, *, holder_is_alive: bool
) -> bool:
    """Whether nobody works on an operation any more.

    `last_sign` is when it was last taken up, went on, or showed that it is worked on; `patience`
    that of its step. That no process of its holder is there says nothing alone: a deferred task
    has none.
    """
    return not holder_is_alive and now - last_sign >= patience + GRACE


def takes_up(kind: str, held: HeldBy) -> bool:
    """Whether an operation of this kind brings the one that holds its job to its end first.

    What was begun to change what runs is a person's to go on with or to give up, unless the same
    is asked for again.
    """
    return held.is_left and (held.kind == kind or held.kind in _ALWAYS_TAKEN_UP)


def is_always_taken_up(held: HeldBy) -> bool:
    """Whether the schedules bring it to its end."""
    return held.is_left and held.kind in _ALWAYS_TAKEN_UP
