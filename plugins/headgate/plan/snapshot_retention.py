"""Which savepoints of a job are kept, and which are disposed of."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from headgate.clients.locations import plain_location


@dataclass(frozen=True)
class Savepoint:
    """A recorded savepoint, as far as retention looks at it."""

    location: str
    taken_at: datetime
    state: Literal["whole", "disposing", "quarantined"] = "whole"
    pinned: bool = False
    drained: bool = False
    """Whether its windows were flushed: nothing goes on from it unless a person says so."""
    submission: tuple[int, int] = (0, 0)
    """Generation and attempt of the submission that made it."""


@dataclass(frozen=True)
class Rule:
    """How many savepoints are kept beside pinned ones, and up to which age."""

    keep: int
    max_age: timedelta | None = None


@dataclass(frozen=True)
class Kept:
    """A savepoint that stays, and why."""

    savepoint: Savepoint
    reason: str


@dataclass(frozen=True)
class Retention:
    """The decision. `dispose` is oldest first; `quarantined` are set aside for a person."""

    dispose: tuple[Savepoint, ...]
    kept: tuple[Kept, ...]
    quarantined: tuple[Savepoint, ...]


def newest_first(savepoints: Sequence[Savepoint]) -> list[Savepoint]:
    """Those that are whole by the ledger; of a later submission is newer, whatever clocks say."""
    return sorted(
        (savepoint for savepoint in savepoints if savepoint.state == "whole"),
        key=lambda one: (one.submission, one.taken_at, one.location),
        reverse=True,
    )


def retention_of(
    savepoints: Sequence[Savepoint],
    rule: Rule,
    *,
    now: datetime,
    in_use: AbstractSet[str],
    newest_good: str | None,
) -> Retention:
    """Decide about all savepoints of one job.

    `in_use` are locations that something still stands on: an operation under way, or a deployment
    that was restored from it and has not yet completed a checkpoint of its own. `newest_good` is
    the newest one that was seen to be whole and that a job may go on from; without any, nothing
    more is disposed of. One whose disposal has begun is always disposed of: it may be half gone.
    """
    used = {plain_location(location) for location in in_use}
    dispose = [savepoint for savepoint in savepoints if savepoint.state == "disposing"]
    kept: list[Kept] = []
    counted = 0
    for savepoint in newest_first(savepoints):
        if not savepoint.pinned:
            counted += 1
        is_within = counted <= rule.keep and not _is_too_old(savepoint, rule, now)
        reason = _reason(savepoint, used, newest_good, is_within=is_within)
        if reason is None:
            dispose.append(savepoint)
        else:
            kept.append(Kept(savepoint, reason))
    return Retention(
        tuple(sorted(dispose, key=lambda savepoint: savepoint.taken_at)),
        tuple(kept),
        tuple(savepoint for savepoint in savepoints if savepoint.state == "quarantined"),
    )


def _is_too_old(savepoint: Savepoint, rule: Rule, now: datetime) -> bool:
    return rule.max_age is not None and now - savepoint.taken_at > rule.max_age


def _reason(
    savepoint: Savepoint, used: AbstractSet[str], newest_good: str | None, *, is_within: bool
) -> str | None:
    if savepoint.location == newest_good:
        return "the newest good one"
    if savepoint.pinned:
        return "pinned as a rollback point"
    if plain_location(savepoint.location) in used:
        return "in use"
    if is_within:
        return "within the policy"
    return "no good one is there" if newest_good is None else None
