"""Remove the records of savepoints whose files are gone."""

from datetime import timedelta
from typing import ClassVar

from headgate.ledger.records import Json
from headgate.operations.disposing.choose_savepoints import ChooseSavepoints
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run


class ForgetSavepoints:
    """Follows `DeleteSavepoints`, and nothing else: a record outlives its files, never they it."""

    name: ClassVar[str] = "forget"
    title: ClassVar[str] = "Remove their records"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoints that are gone."""
        return {"locations": run.evidence[ChooseSavepoints.name]["dispose"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether a record is left."""
        recorded = {record.location for record in run.services.ledger.snapshots(run.job)}
        return Absent() if recorded & set(intention.intent["locations"]) else Done({})

    def act(self, run: Run, intention: Intention) -> None:
        """Remove them."""
        for location in intention.intent["locations"]:
            run.services.ledger.remove_snapshot(run.lease, location)
