"""Last step of a rollback: what it has come to, typed and in words."""

from datetime import timedelta
from typing import ClassVar

from headgate.ledger.records import Json
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.plan.rolled_back import RolledBack, rolled_back_of


class RecordRollback(OnlyLooks):
    """Evidence: `RolledBack` as JSON."""

    name: ClassVar[str] = "outcome"
    title: ClassVar[str] = "Rolled back"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """From what was restored in the end."""
        phase = "last" if "last.restore" in run.evidence else "back"
        return {"phase": phase}

    def look(self, run: Run, intention: Intention) -> Look:
        """Put it together."""
        phase = intention.intent["phase"]
        plan, restored = run.evidence[f"{phase}.plan"], run.evidence[f"{phase}.restore"]
        outcome = {
            "exact": restored["exact"],
            "repeated_from_offsets": {} if restored["exact"] else plan["ends_before"],
            "repeated_to_offsets": {} if restored["exact"] else restored["ends_after"],
            "reason": restored["reason"],
        }
        return Done({**outcome, "note": rolled_back_of(outcome).in_words()})


def outcome_of(evidence: Json) -> RolledBack:
    """The outcome that the step has recorded."""
    return rolled_back_of(evidence)
