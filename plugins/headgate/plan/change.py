"""A plan: every change that would be made, with how dangerous it is and why."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["subject", "level", "topic", "configs", "partitions", "replication"]
"""What a change is about: the first two live in the registry, the others in Kafka."""
Operation = Literal["create", "update", "none"]
Risk = Literal["safe", "needs_approval", "refused"]
Values = Mapping[str, Any]
"""Settings by name, writable as JSON; None stands for a setting that is not there."""

EXIT_NOTHING = 0
EXIT_REFUSED = 1
EXIT_PENDING = 3

_RISKS: tuple[Risk, ...] = ("safe", "needs_approval", "refused")


@dataclass(frozen=True)
class Change:
    """One effect on one thing, or the finding that there is none to be had (`none`)."""

    kind: Kind
    name: str
    """Topic or subject."""
    operation: Operation
    before: Values
    after: Values
    risk: Risk = "safe"
    reason: str = ""
    """Why it is not safe, and for a refused change what to do instead."""

    @property
    def key(self) -> tuple[Kind, str]:
        """What tells the changes of one plan apart."""
        return self.kind, self.name

    def to_json(self) -> dict[str, Any]:
        """The change for machines."""
        return {
            "kind": self.kind,
            "name": self.name,
            "operation": self.operation,
            "before": dict(self.before),
            "after": dict(self.after),
            "risk": self.risk,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Plan:
    """All changes, in the order in which they would be made."""

    changes: tuple[Change, ...]

    @property
    def pending(self) -> tuple[Change, ...]:
        """Everything but `none`, refused changes included."""
        return tuple(change for change in self.changes if change.operation != "none")

    @property
    def refused(self) -> tuple[Change, ...]:
        """Changes that stop the whole plan."""
        return self._of("refused")

    @property
    def needs_approval(self) -> tuple[Change, ...]:
        """Changes that a person has to agree to."""
        return self._of("needs_approval")

    @property
    def exit_code(self) -> int:
        """0 nothing to do, 3 changes pending, 1 a change is refused."""
        if self.refused:
            return EXIT_REFUSED
        return EXIT_PENDING if self.pending else EXIT_NOTHING

    def counts(self) -> dict[str, int]:
        """Number of changes by risk, and of things that stay as they are."""
        by_risk = Counter(change.risk for change in self.pending)
        unchanged = len(self.changes) - len(self.pending)
        return {**{risk: by_risk[risk] for risk in _RISKS}, "unchanged": unchanged}

    def with_refusals(self, reasons: Mapping[tuple[Kind, str], str]) -> "Plan":
        """The plan in which the changes that a server will not take are refused."""
        return Plan(
            tuple(
                replace(change, risk="refused", reason=reasons[change.key])
                if change.key in reasons
                else change
                for change in self.changes
            )
        )

    def only(self, wanted: Callable[[Change], bool]) -> "Plan":
        """The plan reduced to some of its changes."""
        return Plan(tuple(filter(wanted, self.changes)))

    def to_json(self) -> dict[str, Any]:
        """The plan for machines: what changes, and how much does not."""
        return {
            "exit_code": self.exit_code,
            "counts": self.counts(),
            "changes": [change.to_json() for change in self.pending],
        }

    def _of(self, risk: Risk) -> tuple[Change, ...]:
        return tuple(change for change in self.pending if change.risk == risk)
