"""How a job is cut over to its new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Way = Literal["stop and restore", "hand-over"]
WAYS: tuple[Way, ...] = ("hand-over", "stop and restore")


@dataclass(frozen=True)
class WayOfCutOver:
    """The way, and why it is this one."""

    way: Way
    reason: str


@dataclass(frozen=True)
class GateFacts:
    """What decides whether the results of two versions can be split at an instant."""

    wanted: Way | None
    """As a person asked for; None: whatever is best."""
    ungated: Mapping[str, str]
    """Sink table → why its results cannot be split, in the new version."""
    runs_with_gates: bool
    """Whether what runs has a gate before each of those sinks."""
    changes_state: bool
    """Whether the two versions keep other state, or the same otherwise."""
    changes_code: bool
    """Whether other code computes the results, of which nothing is known but what it keeps."""


def way_of_cut_over(facts: GateFacts) -> WayOfCutOver:
    """Decide."""
    if facts.wanted == "stop and restore":
        return WayOfCutOver("stop and restore", "as was asked for")
    reason = why_no_hand_over(facts)
    if reason:
        return WayOfCutOver("stop and restore", reason)
    return WayOfCutOver("hand-over", "each result has a bound in event time; nothing pauses")


def why_no_hand_over(facts: GateFacts) -> str:
    """Why the two versions cannot run side by side; empty where they can."""
    if facts.ungated:
        return "; ".join(f"{sink}: {why}" for sink, why in sorted(facts.ungated.items()))
    if not facts.runs_with_gates:
        return "what runs was deployed without gates before its sinks"
    if facts.changes_state:
        return "the new version keeps other state than what runs"
    if facts.changes_code:
        return "the code changes, so what runs may bound its results otherwise"
    return ""
