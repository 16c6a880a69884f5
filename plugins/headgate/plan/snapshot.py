"""A snapshot of a job's state as it was found, and which of two was taken later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from headgate.ids import Digest, FlinkJobId
from headgate.plan.open_transactions import Transactions
from headgate.plan.state_difference import SnapshotFormat

Position = tuple[tuple[int, int], int, datetime]


@dataclass(frozen=True)
class Snapshot:
    """A savepoint or retained checkpoint of a job, as it was found.

    `taken_at` is when it was complete; its age follows from it, its place in the order does not.
    `problem` says why nothing can be restored from it.
    """

    location: str
    flink_job_id: FlinkJobId
    plan_digest: Digest | None
    taken_at: datetime
    format: SnapshotFormat = "canonical"
    problem: str | None = None
    drained: bool = False
    """Whether windows were flushed into it, so that nothing goes on from it unless asked to."""
    is_end: bool = False
    """Whether its job ended with it: nothing was published after it."""
    transactions: Transactions | None = None
    """Those in which its last results may stand uncommitted; None where there can be none."""
    submission: tuple[int, int] = (0, 0)
    """Generation and attempt of the submission that made it."""
    checkpoint_id: int | None = None
    """Flink's number of it, counted over checkpoints and savepoints of a submission alike."""
    is_quarantined: bool = False
    """Whether a proof found it corrupt, which is its only problem; a person may try it."""
    failed_restore: str | None = None
    """How the last restore of it showed that its own files cannot be read; a person may try it."""

    @property
    def position(self) -> Position:
        """Later ones compare greater, whatever the clocks say: see `placed`.

        Within a submission Flink counts checkpoints and savepoints in one row, and goes on
        counting after a failover (`CheckpointIDCounter`). A restore of an older snapshot begins
        lower, but is a submission of its own. Times come last: a storage may keep whole seconds
        only, and a copy of a folder has a time of its own.
        """
        return self.submission, self.checkpoint_id or 0, self.taken_at


def placed(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """The latest first; one whose number cannot be read is placed among its job's by its time.

    What its job ended with has nothing after it.
    """
    numbered = [
        one
        if one.checkpoint_id is not None
        else replace(one, checkpoint_id=_number(one, snapshots))
        for one in snapshots
    ]
    return sorted(numbered, key=lambda one: one.position, reverse=True)


def _number(snapshot: Snapshot, among: Sequence[Snapshot]) -> int:
    before = [
        one.checkpoint_id
        for one in among
        if one.flink_job_id == snapshot.flink_job_id
        and one.checkpoint_id is not None
        and (snapshot.is_end or one.taken_at <= snapshot.taken_at)
    ]
    return max(before, default=0) + int(snapshot.is_end)
