"""What a compatibility level promises to readers, and what a lower one takes away."""

from dataclasses import dataclass
from enum import IntEnum


class Reach(IntEnum):
    """Against which of the earlier versions a schema is held."""

    NONE = 0
    LATEST = 1
    ALL = 2


@dataclass(frozen=True)
class Promise:
    """The two directions of a level."""

    backward: Reach
    """Earlier versions whose records a reader with the new schema can read."""
    forward: Reach
    """Earlier versions with which a reader can read records of the new schema."""


_PROMISES = {
    "NONE": Promise(Reach.NONE, Reach.NONE),
    "BACKWARD": Promise(Reach.LATEST, Reach.NONE),
    "BACKWARD_TRANSITIVE": Promise(Reach.ALL, Reach.NONE),
    "FORWARD": Promise(Reach.NONE, Reach.LATEST),
    "FORWARD_TRANSITIVE": Promise(Reach.NONE, Reach.ALL),
    "FULL": Promise(Reach.LATEST, Reach.LATEST),
    "FULL_TRANSITIVE": Promise(Reach.ALL, Reach.ALL),
}
_NOTHING = _PROMISES["NONE"]
_STRICTEST = _PROMISES["FULL_TRANSITIVE"]
_BACKWARD = {
    Reach.LATEST: "readers of the newest schema are promised records of the version before only",
    Reach.NONE: "readers of the newest schema are promised no earlier record any more",
}
_FORWARD = {
    Reach.LATEST: "readers that stay on a schema older than the last one may fail on new records",
    Reach.NONE: "readers that stay on an earlier schema may fail on new records",
}


def promise(level: str) -> Promise:
    """What a level promises. A level that nobody knows promises nothing."""
    return _PROMISES.get(level, _NOTHING)


def lost(before: str | None, after: str) -> str:
    """What readers lose when the level changes, as a clause; empty: nothing.

    Without a level of its own a subject has that of the whole registry, which may be any.
    """
    new = promise(after)
    old = _STRICTEST if before is None else promise(before)
    clauses = []
    if new.backward < old.backward:
        clauses.append(_BACKWARD[new.backward])
    if new.forward < old.forward:
        clauses.append(_FORWARD[new.forward])
    return "; ".join(clauses)
