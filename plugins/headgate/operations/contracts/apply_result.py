"""What became of each change of a plan."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from headgate.plan.change import Change

Outcome = Literal["ok", "failed", "skipped"]
Progress = Callable[[str], None]
"""Takes one line for people, at each thing done."""


@dataclass(frozen=True)
class ItemResult:
    """One change and what became of it."""

    change: Change
    outcome: Outcome
    message: str
    """What was done, why it failed, or why it was not tried."""


@dataclass(frozen=True)
class ApplyResult:
    """Every pending change of a plan, in the order of the plan."""

    items: tuple[ItemResult, ...]

    @property
    def failed(self) -> tuple[ItemResult, ...]:
        """Changes that were tried and are not known to have happened."""
        return tuple(item for item in self.items if item.outcome == "failed")

    @property
    def is_complete(self) -> bool:
        """Whether every change was made."""
        return all(item.outcome == "ok" for item in self.items)

    def counts(self) -> dict[str, int]:
        """Number of changes by outcome."""
        found = Counter(item.outcome for item in self.items)
        return {"ok": found["ok"], "failed": found["failed"], "skipped": found["skipped"]}

    def to_json(self) -> dict[str, Any]:
        """The result for machines."""
        return {
            "complete": self.is_complete,
            "counts": self.counts(),
            "items": [
                {**item.change.to_json(), "outcome": item.outcome, "message": item.message}
                for item in self.items
            ],
        }
