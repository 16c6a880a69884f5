"""What the first task of a contract DAG has shown, as it is handed to the tasks after it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from headgate.ids import Digest, digest_of
from headgate.operations.contracts.plan_and_apply import PlannedContracts
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import Part, is_of_schemas
from headgate.plan.markdown import plan_as_markdown

_LONGEST_QUESTION = 100_000
"""Characters of Markdown that the page of an approval still shows at once."""


@dataclass(frozen=True)
class ShownPlan:
    """The changes that a run shows, and is therefore allowed to make."""

    changes: tuple[Mapping[str, Any], ...]
    """As `Change.to_json` writes them."""
    files: Digest
    """Of every file below `schemas/`."""
    fingerprint: Digest
    """Of what was seen in Kafka, the registry and the ledger."""
    question: str
    """What a person is asked to approve, as Markdown; empty if no change needs it."""

    @classmethod
    def of(cls, planned: PlannedContracts, part: Part | None) -> "ShownPlan":
        """What is shown of a whole plan by a run that makes one part of its changes."""
        plan = planned.plan.only(lambda change: is_in(part, change))
        return cls(
            tuple(change.to_json() for change in plan.pending),
            planned.files,
            planned.fingerprint,
            _question(plan) if plan.needs_approval else "",
        )

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "ShownPlan":
        """What `to_json` wrote."""
        return cls(**{**written, "changes": tuple(written["changes"])})

    def to_json(self) -> dict[str, Any]:
        """The plan for the XCom of the task that showed it."""
        return {**asdict(self), "changes": list(self.changes)}

    @property
    def digest(self) -> Digest:
        """Of what a person agrees to: equal for equal effects."""
        return digest_of(json.dumps(self._effects, sort_keys=True))

    def not_shown(self, pending: Sequence[Change]) -> tuple[Change, ...]:
        """Changes that are to be made and were not shown.

        Counts of records are not compared: they grow from minute to minute, and stand in the
        words of a change only.
        """
        return tuple(change for change in pending if change.effect not in self._effects)

    @property
    def _effects(self) -> list[tuple[Any, ...]]:
        return [Change.from_json(change).effect for change in self.changes]


def is_in(part: Part | None, change: Change) -> bool:
    """Whether a change belongs to a part of the contracts; None stands for the whole."""
    return part is None or is_of_schemas(change) == (part == "schemas")


def _question(plan: Plan) -> str:
    whole = plan_as_markdown(plan)
    if len(whole) <= _LONGEST_QUESTION:
        return whole
    dangerous = plan_as_markdown(plan.only(lambda change: change.risk == "needs_approval"))
    safe = plan.counts()["safe"]
    return f"{dangerous}\nThe {safe} safe changes are in the log of `show_plan`.\n"
