"""A plan: every change that would be made, with how dangerous it is and why."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from headgate.ids import TopicName

Kind = Literal["subject", "level", "topic", "configs", "partitions", "replication"]
"""What a change is about: the first two live in the registry, the others in Kafka."""
Operation = Literal["create", "update", "delete", "none"]
Risk = Literal["safe", "needs_approval", "refused"]
Values = Mapping[str, Any]
"""Settings by name, writable as JSON; None stands for a setting that is not there."""

EXIT_NOTHING = 0
EXIT_REFUSED = 1
EXIT_PENDING = 3

_FIELDS = ("kind", "name", "operation", "before", "after", "risk", "reason")
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
    """Why it is not safe, and for a refused change what to do instead; for a safe one, what is
    to be known about it."""

    @property
    def key(self) -> tuple[Kind, str]:
        """What tells the changes of one plan apart."""
        return self.kind, self.name

    @property
    def effect(self) -> tuple[Any, ...]:
        """What the change does, without the words about it: those may hold counts of the moment."""
        return self.kind, self.name, self.operation, self.before, self.after, self.risk

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "Change":
        """The change that `to_json` wrote. Raises KeyError or TypeError for anything else."""
        return cls(**{name: written[name] for name in _FIELDS})

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
    unknown_topics: tuple[TopicName, ...] = ()
    """Topics under a prefix of ours that nobody declared. They are reported, and left alone."""

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
        changes = tuple(
            replace(change, risk="refused", reason=reasons[change.key])
            if change.key in reasons
            else change
            for change in self.changes
        )
        return replace(self, changes=changes)

    def only(self, wanted: Callable[[Change], bool]) -> "Plan":
        """The plan reduced to some of its changes."""
        return replace(self, changes=tuple(filter(wanted, self.changes)))

    def to_json(self) -> dict[str, Any]:
        """The plan for machines: what changes, and how much does not."""
        return {
            "exit_code": self.exit_code,
            "counts": self.counts(),
            "changes": [change.to_json() for change in self.pending],
            "unknown_topics": list(self.unknown_topics),
        }

    def _of(self, risk: Risk) -> tuple[Change, ...]:
        return tuple(change for change in self.pending if change.risk == risk)
