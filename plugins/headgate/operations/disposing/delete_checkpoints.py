"""Delete whole folders of retained checkpoints; nothing half gone looks as if it were whole."""

from datetime import timedelta
from typing import ClassVar

from headgate.clients.locations import is_below, same_location
from headgate.clients.storage import delete_folder, delete_metadata, is_there, snapshots_below
from headgate.errors import Rejected
from headgate.ledger.records import Json
from headgate.operations.disposing.choose_checkpoints import ChooseCheckpoints
from headgate.operations.disposing.superfluous_checkpoints import superfluous_checkpoints
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.restoring.known_snapshots import checkpoint_folder


class DeleteCheckpoints:
    """Done when nothing is left of any folder.

    No JobManager is asked: it disposes of single snapshots, and the files that incremental
    checkpoints share lie beside them. A folder belongs to one Flink job alone.
    """

    name: ClassVar[str] = "delete"
    title: ClassVar[str] = "Delete them"
    patience: ClassVar[timedelta] = timedelta(minutes=5)

    def intend(self, run: Run) -> Json:
        """The folders that were chosen."""
        return {"folders": run.evidence[ChooseCheckpoints.name]["folders"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether anything is left."""
        del run
        folders = intention.intent["folders"]
        left = [folder for folder in folders if is_there(folder)]
        return Absent() if left else Done({"note": f"{len(folders)} are gone"})

    def act(self, run: Run, intention: Intention) -> None:
        """Delete those that are still of no use, asked once more.

        Raises:
            Rejected: one is needed by now, or lies elsewhere.

        """
        root = checkpoint_folder(run.services, run.job)
        still = superfluous_checkpoints(run.services, run.job, run.id).dispose
        refused = []
        for folder in intention.intent["folders"]:
            if not is_there(folder):
                continue
            if is_below(folder, root) and any(same_location(folder, one) for one in still):
                _delete(folder)
            else:
                refused.append(folder)
        if refused:
            raise Rejected(
                f"{run.job}: {', '.join(refused)} is needed by now, or it is no longer certain "
                "that it is not",
                still_true="It was not deleted.",
                next_step=f"headgate dispose-checkpoints {run.job} looks again",
            )


def _delete(folder: str) -> None:
    """What makes a checkpoint restorable goes first."""
    for checkpoint in snapshots_below(folder, levels=(1,)):
        delete_metadata(checkpoint.location)
    delete_folder(folder)
