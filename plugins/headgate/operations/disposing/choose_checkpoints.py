"""First step of a disposal of checkpoints: what no submission needs any more. Reads only."""

from datetime import timedelta
from typing import ClassVar

from headgate.clients.locations import is_below
from headgate.operations.disposing.superfluous_checkpoints import superfluous_checkpoints
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run


class ChooseCheckpoints(OnlyLooks):
    """Evidence: the folders to delete, the records below them, and what is kept, with reasons.

    `dispose` are locations of records, as the steps that mark and forget take them.
    """

    name: ClassVar[str] = "choose"
    title: ClassVar[str] = "Look which checkpoints are needed"
    patience: ClassVar[timedelta] = timedelta(0)

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide."""
        del intention
        decided = superfluous_checkpoints(run.services, run.job, run.id)
        unknown = f", {len(decided.unknown)} of no known submission" if decided.unknown else ""
        return Done(
            {
                "folders": list(decided.dispose),
                "dispose": [
                    record.location
                    for record in run.services.ledger.snapshots(run.job)
                    if record.kind == "checkpoint"
                    and any(is_below(record.location, folder) for folder in decided.dispose)
                ],
                "kept": dict(decided.kept),
                "unknown": list(decided.unknown),
                "note": f"{len(decided.dispose)} folders to delete, {len(decided.kept)} kept"
                + unknown,
            }
        )
