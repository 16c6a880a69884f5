"""The checkpoint that is restored in place of a savepoint whose results can no longer be committed.

A savepoint of a job that goes on commits nothing (since Flink 1.15): what the sinks had written by
then is committed with the next checkpoint. Where the job has ended before that one, and Kafka has
ended the transactions since, a restore of the savepoint loses those results. The checkpoint before
it loses and repeats nothing: what came after it was never published, and is read again.
"""

from collections.abc import Sequence
from datetime import datetime

from headgate.ids import FlinkJobId
from headgate.plan.open_transactions import possible_loss
from headgate.plan.restore_point import (
    NoRestorePoint,
    RestoreFacts,
    RestorePoint,
    newest_usable,
    restore_point,
    why_skipped,
)
from headgate.plan.snapshot import Snapshot


def point_without_loss(facts: RestoreFacts) -> RestorePoint | NoRestorePoint:
    """The restore point, or the checkpoint in its place; the notes say so."""
    point = restore_point(facts)
    if isinstance(point, NoRestorePoint):
        return point
    restored, told = nothing_lost(facts.snapshots, facts.lineage, point.snapshot, facts.now)
    return RestorePoint(restored, (*point.notes, *told))


def nothing_lost(
    snapshots: Sequence[Snapshot],
    lineage: Sequence[FlinkJobId],
    newest: Snapshot,
    now: datetime,
) -> tuple[Snapshot, tuple[str, ...]]:
    """What to restore where `newest` is the newest usable one, and in words what there is to say.

    That is `newest` but for the case above; where results may be lost then, it is said.
    """
    loss = possible_loss(newest.transactions, newest.taken_at, now)
    if loss is None:
        return newest, ()
    checkpoint = _committed_before(newest, snapshots, lineage)
    if checkpoint is None:
        return newest, (loss,)
    why = (
        f"restores {checkpoint.location} and not the savepoint after it, {newest.location}: Kafka "
        "has ended the transactions with the results in that one, and the job has published "
        "nothing since this checkpoint"
    )
    return checkpoint, (why,)


def _committed_before(
    newest: Snapshot, snapshots: Sequence[Snapshot], lineage: Sequence[FlinkJobId]
) -> Snapshot | None:
    _, skipped = newest_usable(snapshots, lineage)
    # A newer snapshot that is broken shows that its job has published more.
    if skipped or newest.format == "checkpoint":
        return None
    before = [
        one
        for one in snapshots
        if one.flink_job_id == newest.flink_job_id
        and one.format == "checkpoint"
        and one.position < newest.position
        and why_skipped(one) is None
    ]
    return max(before, key=lambda one: one.position, default=None)
