"""The result of a rehearsal: it ends the upgrade where the target was not shown to work."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ledger.records import Json
from headgate.operations.engine.phases import why_failed
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run


class JudgeRehearsal:
    """Evidence: how long the restore took, and whether the exact way back is open."""

    name: ClassVar[str] = "rehearsal"
    title: ClassVar[str] = "Judge the rehearsal"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The verdict, and the savepoint that it proves."""
        watched = run.evidence["rehearse.watch"]
        return {
            "location": run.evidence["rehearse.choose"]["location"],
            "verdict": watched["verdict"],
            "reason": watched["reason"],
            "seconds": watched["seconds"],
            "restore_seconds": _restore_seconds(watched),
            **_way_back(run.evidence),
            "at": run.services.clock.now().isoformat(),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is recorded. Raises Rejected if the rehearsal has failed."""
        intent, plan = intention.intent, run.evidence["plan"]
        if intent["verdict"] != "proven":
            raise Rejected(
                f"{run.job}: the rehearsal on Flink {plan['line']} has failed: {intent['reason']}",
                still_true=f"The live job {plan['stop']} was not touched; the shadow job is gone.",
                next_step=f"mend the cause (headgate logs flink-{plan['line']}-taskmanager), then "
                f"headgate upgrade {run.job} --to {plan['line']} --again",
            )
        proven_at = datetime.fromisoformat(intent["at"])
        for record in run.services.ledger.snapshots(run.job):
            if record.location == intent["location"] and record.proven_at == proven_at:
                return Done({**intent, "note": _note(intent)})
        return Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """The savepoint is proven: it was restored, on the target."""
        intent = intention.intent
        at = datetime.fromisoformat(intent["at"])
        run.services.ledger.update_snapshot(run.lease, intent["location"], proven_at=at)


def _way_back(evidence: Mapping[str, Json]) -> dict[str, Any]:
    """`exact`: True, False, or None where it was not tried."""
    if not evidence["plan"]["is_only_line"]:
        return {"exact": None, "exact_reason": "more than the Flink line changes"}
    chosen = evidence.get("way_back.choose")
    if chosen is None:
        return {"exact": None, "exact_reason": "it was not tried"}
    if chosen["problem"] is not None:
        return {"exact": None, "exact_reason": chosen["problem"]}
    failed = why_failed(evidence, "way_back.submit")
    if failed is not None:
        return {"exact": False, "exact_reason": failed}
    watched = evidence["way_back.watch"]
    return {"exact": watched["verdict"] == "proven", "exact_reason": watched["reason"]}


def _restore_seconds(watched: Json) -> float | None:
    began, done = watched.get("started_at"), watched.get("first_checkpoint_at")
    if began is None or done is None:
        return None
    took = datetime.fromisoformat(done) - datetime.fromisoformat(began)
    return round(took.total_seconds(), 2)


def _note(intent: Json) -> str:
    took = intent["restore_seconds"]
    words = {True: "open", False: f"closed: {intent['exact_reason']}"}
    back = words.get(intent["exact"], f"not tried: {intent['exact_reason']}")
    return f"restored in {took} s; the exact way back is {back}" if took else f"way back: {back}"
