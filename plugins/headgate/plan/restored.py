"""Whether Flink has started a job from the snapshot that it was told to restore."""

from dataclasses import dataclass
from typing import Literal

from headgate.clients.flink.pictures import JobPicture
from headgate.clients.locations import same_location


@dataclass(frozen=True)
class Restore:
    """as asked; otherwise: from something else, or from nothing; unknown: not told yet."""

    state: Literal["as asked", "otherwise", "unknown"]
    reason: str = ""


def restore_of(picture: JobPicture, asked: str, *, is_overdue: bool = False) -> Restore:
    """Judge one look at a job that was told to restore the snapshot at `asked`.

    Flink reports a restore before any task runs and before it triggers a checkpoint
    (`DefaultExecutionGraphFactory.createAndRestoreExecutionGraph`), so a checkpoint without a
    restore before it shows a start without state. `is_overdue`: all tasks have run for longer
    than Flink's answers may be old.
    """
    restored, counts = picture.restored, picture.checkpoints
    if restored is None:
        if is_overdue or counts.completed or counts.failed or picture.history:
            return Restore("otherwise", f"it was started without state, asked for was {asked}")
        return Restore("unknown", "the restore is not reported yet")
    # After a failover it is the job's own checkpoint that was restored last.
    if counts.restored == 1 and not same_location(restored.path, asked):
        return Restore("otherwise", f"it was restored from {restored.path}, asked for was {asked}")
    return Restore("as asked")
