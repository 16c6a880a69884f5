"""Mark savepoints before their files go, so that nothing is restored from what is half gone."""

from datetime import timedelta
from typing import ClassVar

from headgate.ledger.records import Json
from headgate.operations.disposing.choose_savepoints import ChooseSavepoints
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run


class MarkDisposing:
    """Follows `ChooseSavepoints`."""

    name: ClassVar[str] = "mark"
    title: ClassVar[str] = "Mark them in the ledger"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoints that were chosen."""
        return {"locations": run.evidence[ChooseSavepoints.name]["dispose"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether each is marked."""
        marked = {
            record.location
            for record in run.services.ledger.snapshots(run.job)
            if record.state == "disposing"
        }
        return Done({}) if marked >= set(intention.intent["locations"]) else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Mark them."""
        for location in intention.intent["locations"]:
            run.services.ledger.update_snapshot(run.lease, location, state="disposing")
