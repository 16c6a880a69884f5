"""Write what was proven into the ledger: a savepoint that works, or one to be set aside."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ledger.records import Json, SnapshotRecord
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.proving.watch_shadow import WatchShadow


class RecordProof:
    """Ends in an error where nothing was proven, after it has set aside what is broken."""

    name: ClassVar[str] = "record_proof"
    title: ClassVar[str] = "Record the proof"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoint, the verdict, and the time under which it is written."""
        chosen = run.evidence[ChooseSavepoint.name]
        watched = run.evidence.get(WatchShadow.name)
        found = watched or {"verdict": "broken", "reason": chosen["problem"]}
        return {
            "location": chosen["location"],
            "verdict": found["verdict"],
            "reason": found["reason"],
            "at": run.services.clock.now().isoformat(),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the ledger says so; then the end of the operation says it too."""
        intent = intention.intent
        if intent["verdict"] == "undecided":
            raise _undecided(run, intent)
        records = run.services.ledger.snapshots(run.job)
        record = next(record for record in records if record.location == intent["location"])
        if intent["verdict"] == "proven":
            at = datetime.fromisoformat(intent["at"])
            written = record.proven_at == at and record.state == "whole"
            return Done({"note": "proven"}) if written else Absent()
        if record.state != "quarantined":
            return Absent()
        raise _broken(run, intent, records)

    def act(self, run: Run, intention: Intention) -> None:
        """Write it."""
        intent, ledger = intention.intent, run.services.ledger
        if intent["verdict"] == "proven":
            at = datetime.fromisoformat(intent["at"])
            # One that was in quarantine leaves it: it has been restored.
            ledger.update_snapshot(run.lease, intent["location"], proven_at=at, state="whole")
        else:
            ledger.update_snapshot(run.lease, intent["location"], state="quarantined")


def _undecided(run: Run, intent: Json) -> Rejected:
    return Rejected(
        f"{run.job}: whether {intent['location']} can be restored was not found out: "
        f"{intent['reason']}",
        still_true="The savepoint is as it was, and so is the live job; the shadow job was ended.",
        next_step=f"headgate status {run.job}; mend the cause, then headgate prove {run.job}",
    )


def _broken(run: Run, intent: Json, records: Sequence[SnapshotRecord]) -> Rejected:
    good = next((r for r in records if r.state == "whole"), None)
    left = (
        f"The newest one left is {good.location}, "
        + ("proven." if good.proven_at else "not proven yet.")
        if good
        else "No other savepoint is left."
    )
    return Rejected(
        f"{run.job}: {intent['location']} cannot be restored: {intent['reason']}",
        still_true=f"It is in quarantine: nothing is restored from it, and its files stay. {left} "
        "The live job was not touched.",
        next_step=f"headgate savepoint {run.job}, then headgate prove {run.job}; headgate prove "
        f"{run.job} --from {intent['location']} tries this one again, and lifts its quarantine if "
        "it can be restored",
    )
