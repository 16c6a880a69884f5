"""How a rollback has ended, and whether it could be exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Offsets = Mapping[str, Mapping[int, int]]
"""Topic → partition → offset."""


@dataclass(frozen=True)
class RolledBack:
    """The old version runs again.

    exact: nothing was lost and nothing is published twice. Otherwise every result between the two
    offsets, which were published since the cut-over, is published a second time with an equal
    value.
    """

    exact: bool
    repeated_from_offsets: Offsets
    repeated_to_offsets: Offsets
    reason: str = ""
    """Why it was not exact, or how it could be."""

    def to_json(self) -> dict[str, Any]:
        """For the ledger: JSON has no numbers as keys."""
        return {
            "exact": self.exact,
            "repeated_from_offsets": _written(self.repeated_from_offsets),
            "repeated_to_offsets": _written(self.repeated_to_offsets),
            "reason": self.reason,
        }

    def in_words(self) -> str:
        """One line."""
        why = f" ({self.reason})" if self.reason else ""
        if self.exact:
            return f"rolled back exactly: nothing lost, nothing repeated{why}"
        spans = [
            f"{topic}/{part} offsets {start}-{end - 1}"
            for topic, parts in self.repeated_from_offsets.items()
            for part, start in parts.items()
            if (end := self.repeated_to_offsets.get(topic, {}).get(part, start)) > start
        ]
        what = ", ".join(spans) or "what was published since the cut-over"
        return f"rolled back: nothing lost; published again with equal values: {what}{why}"


def rolled_back_of(written: Mapping[str, Any]) -> RolledBack:
    """What `to_json` wrote."""
    return RolledBack(
        exact=written["exact"],
        repeated_from_offsets=_read(written["repeated_from_offsets"]),
        repeated_to_offsets=_read(written["repeated_to_offsets"]),
        reason=written["reason"],
    )


@dataclass(frozen=True)
class WayBackFacts:
    """What decides whether the new version's own state may go back to the old one.

    `is_alive` also while it restarts: it may be stopped once it runs again. `rehearsed` is what the
    rehearsal has found of the way back; None where it was not tried.
    """

    is_alive: bool
    has_published: bool
    """Whether it has completed a checkpoint, with which results become visible."""
    rehearsed: bool | None
    rehearsed_reason: str
    state_fits: bool
    """Whether the old version can take every state that the new one keeps."""


def why_not_exact(facts: WayBackFacts) -> str:
    """Why the new job is not even asked for a savepoint to go back with; empty where it is."""
    if not facts.is_alive:
        return "the new job is not alive, so it cannot be stopped with a savepoint"
    if not facts.has_published:
        return "the new version had published nothing yet"
    if not facts.state_fits:
        return "the new version keeps state that the old one does not take"
    if facts.rehearsed is False:
        return f"the rehearsal has shown that the way back is closed: {facts.rehearsed_reason}"
    return ""


def _written(offsets: Offsets) -> dict[str, dict[str, int]]:
    return {topic: {str(p): o for p, o in parts.items()} for topic, parts in offsets.items()}


def _read(written: Mapping[str, Mapping[str, int]]) -> Offsets:
    return {topic: {int(p): o for p, o in parts.items()} for topic, parts in written.items()}
