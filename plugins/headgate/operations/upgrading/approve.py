"""Wait for a person's decision, which stands in the ledger; until then nothing is stopped."""

from datetime import timedelta
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import FlinkJobId
from headgate.ledger.records import Json
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.in_words import duration_in_words

NOBODY = "nobody"
"""Who has decided where the time ran out."""


class Approve(OnlyLooks):
    """Evidence: who has agreed, and when.

    The job is reserved meanwhile. If it ends by itself, the upgrade ends too, so that it can be
    brought back.
    """

    name: ClassVar[str] = "approve"
    title: ClassVar[str] = "Wait for an approval"
    patience: ClassVar[timedelta] = timedelta(days=30)

    def intend(self, run: Run) -> Json:
        """The job that runs on meanwhile, and how long anybody has to answer."""
        hours = run.operation.request.get("approval_hours")
        return {
            "live": run.evidence["plan"]["stop"],
            "within_seconds": None if hours is None else float(hours) * 3600,
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask the ledger. Raises Rejected if it was refused, or nobody has answered in time."""
        decision = run.services.ledger.decision(run.id)
        if decision is not None and decision.is_approved:
            return Done(
                {
                    "by": decision.decided_by,
                    "at": decision.decided_at.isoformat(),
                    "note": f"by {decision.decided_by}",
                }
            )
        if decision is not None:
            because = f": {decision.reason}" if decision.reason else ""
            raise self._ended(run, f"the upgrade was refused by {decision.decided_by}{because}")
        within = intention.intent["within_seconds"]
        if within is not None and intention.elapsed.total_seconds() > within:
            timed = timedelta(seconds=within)
            raise self._ended(run, f"nobody has approved it within {duration_in_words(timed)}")
        live = live_deployment(run)
        picture = run.services.flink(live.line).job(FlinkJobId(intention.intent["live"]))
        if picture is None or picture.is_terminal:
            raise Rejected(
                f"{run.job}: the live job has ended while the upgrade waited for an approval",
                still_true="Nothing was changed by the upgrade.",
                next_step=f"headgate recover {run.job}",
            )
        note = f"headgate approve {run.id} or headgate refuse {run.id}"
        return Pending(note, timedelta(seconds=2))

    @staticmethod
    def _ended(run: Run, what: str) -> Rejected:
        return Rejected(
            f"{run.job}: {what}",
            still_true="Nothing was changed; the live job runs on.",
            next_step=f"headgate upgrade {run.job} to plan it anew",
        )
