"""Which checkpoint is restored in place of a savepoint that would lose its results."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import FlinkJobId
from headgate.plan.committed_checkpoint import nothing_lost
from headgate.plan.open_transactions import Transactions
from headgate.plan.restore_point import newest_usable
from headgate.plan.snapshot import Snapshot
from headgate.plan.state_difference import SnapshotFormat

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST, SECOND = FlinkJobId("first"), FlinkJobId("second")
TRANSACTIONS = Transactions(timedelta(minutes=10), timedelta(seconds=2))


def at(minutes: int, kind: SnapshotFormat, **changes: object) -> Snapshot:
    """One so many minutes before noon."""
    snapshot = Snapshot(
        f"file:/state/{kind}-{minutes}",
        FIRST,
        None,
        NOON - timedelta(minutes=minutes),
        kind,
        transactions=TRANSACTIONS,
    )
    return replace(snapshot, **changes)  # type: ignore[arg-type]


SAVEPOINT, CHECKPOINT = at(20, "canonical"), at(21, "checkpoint")
CASES = {
    "the savepoint is too old": ([SAVEPOINT, CHECKPOINT], CHECKPOINT),
    "a native one is no other": ([at(20, "native"), CHECKPOINT], CHECKPOINT),
    "the newest checkpoint of several": (
        [at(30, "checkpoint"), SAVEPOINT, CHECKPOINT],
        CHECKPOINT,
    ),
    "an older broken checkpoint is passed over": (
        [SAVEPOINT, replace(CHECKPOINT, problem="cut off"), at(22, "checkpoint")],
        at(22, "checkpoint"),
    ),
    "its transactions are open still": (
        [at(5, "canonical"), at(6, "checkpoint")],
        at(5, "canonical"),
    ),
    "its job was stopped with it": (
        [replace(SAVEPOINT, transactions=None), CHECKPOINT],
        replace(SAVEPOINT, transactions=None),
    ),
    "a checkpoint followed": ([SAVEPOINT, at(19, "checkpoint")], at(19, "checkpoint")),
    "a checkpoint followed that is broken": (
        [SAVEPOINT, CHECKPOINT, at(19, "checkpoint", problem="cut off")],
        SAVEPOINT,
    ),
    "the checkpoint is of another submission": (
        [SAVEPOINT, replace(CHECKPOINT, flink_job_id=SECOND)],
        SAVEPOINT,
    ),
    "there is only the savepoint": ([SAVEPOINT], SAVEPOINT),
}


def restored(snapshots: list[Snapshot]) -> tuple[Snapshot, tuple[str, ...]]:
    newest, _ = newest_usable(snapshots, [FIRST])
    assert newest is not None
    return nothing_lost(snapshots, [FIRST], newest, NOON)


@pytest.mark.parametrize("case", CASES)
def test_restored_is(case: str) -> None:
    snapshots, wanted = CASES[case]
    assert restored(snapshots)[0] == wanted


def test_it_is_told_why_an_older_one_is_restored() -> None:
    _, (note,) = restored([SAVEPOINT, CHECKPOINT])
    assert f"{CHECKPOINT.location} and not the savepoint after it, {SAVEPOINT.location}: " in note


def test_what_may_be_lost_is_told_where_there_is_nothing_better() -> None:
    _, (note,) = restored([SAVEPOINT])
    assert note.startswith("results may be lost")
    assert restored([at(5, "canonical")])[1] == ()
