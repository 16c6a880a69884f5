"""Versions of a job that were tried and did not work: they are not tried again by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from headgate.ids import Digest


@dataclass(frozen=True)
class PastUpgrade:
    """An upgrade that has ended, as far as it speaks about the version that it tried.

    `state` is that of the operation; `job_failed` says that the new version itself was at work,
    in its rehearsal or after the cut-over, and did not do what it should.
    """

    spec_digest: Digest
    line: str
    ended_at: datetime
    state: Literal["succeeded", "failed", "rolled_back", "needs_operator"]
    job_failed: bool
    reason: str


@dataclass(frozen=True)
class TriedBefore:
    """That it was tried, and how that ended, in words."""

    at: datetime
    ended_as: str
    reason: str


_ENDED_AS = {
    "failed": "failed in its rehearsal",
    "rolled_back": "was rolled back",
    "needs_operator": "could not be rolled back by itself",
}


def tried_before(past: Sequence[PastUpgrade], spec_digest: Digest, line: str) -> TriedBefore | None:
    """Whether this declaration has failed on this line; `past` is the latest first.

    The latest attempt decides: one that has succeeded since makes up for it.
    """
    for one in past:
        if (one.spec_digest, one.line) != (spec_digest, line):
            continue
        if one.state == "succeeded":
            return None
        if one.job_failed:
            return TriedBefore(one.ended_at, _ENDED_AS[one.state], one.reason)
    return None
