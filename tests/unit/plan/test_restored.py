"""Whether Flink has started a job from what was asked for, look by look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.clients.flink.checkpoint_history import Checkpoint
from headgate.clients.flink.pictures import CheckpointCounts, JobPicture, RestoredFrom
from headgate.ids import FlinkJobId
from headgate.plan.restored import restore_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = "file:/state/savepoint-1"
TRIGGERED = Checkpoint("in progress", NOW, timedelta(0), 0, is_savepoint=False)
UNTOLD = JobPicture(FlinkJobId("job"), "minutes", "RUNNING", NOW, ())


def restored(path: str, times: int = 1) -> JobPicture:
    return replace(
        UNTOLD, restored=RestoredFrom(path, NOW), checkpoints=CheckpointCounts(restored=times)
    )


def test_no_report_before_the_first_checkpoint_tells_nothing() -> None:
    assert restore_of(UNTOLD, ASKED).state == "unknown"


@pytest.mark.parametrize(
    "picture",
    [
        replace(UNTOLD, history=(TRIGGERED,)),
        replace(UNTOLD, checkpoints=CheckpointCounts(completed=1)),
        replace(UNTOLD, checkpoints=CheckpointCounts(failed=1)),
    ],
)
def test_checkpoint_without_a_restore_before_it_is_a_start_without_state(
    picture: JobPicture,
) -> None:
    restore = restore_of(picture, ASKED)
    assert restore.state == "otherwise"
    assert restore.reason == f"it was started without state, asked for was {ASKED}"


def test_no_report_for_longer_than_answers_may_be_old_is_a_start_without_state() -> None:
    assert restore_of(UNTOLD, ASKED, is_overdue=True).state == "otherwise"


def test_other_snapshot_than_asked_for_is_named() -> None:
    restore = restore_of(restored("file:/state/savepoint-0"), ASKED)
    assert restore.state == "otherwise"
    assert "file:/state/savepoint-0" in restore.reason


@pytest.mark.parametrize("path", [ASKED, "file:///state/savepoint-1/"])
def test_snapshot_asked_for_is_known_however_it_is_spelled(path: str) -> None:
    assert restore_of(restored(path), ASKED, is_overdue=True).state == "as asked"


def test_own_checkpoint_after_a_failover_is_no_other_snapshot() -> None:
    assert restore_of(restored("file:/state/chk-4", times=2), ASKED).state == "as asked"
