"""Which of two snapshots was taken later, whatever the clocks say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from headgate.ids import FlinkJobId
from headgate.plan.restore_point import newest_usable
from headgate.plan.snapshot import Snapshot, placed

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST, SECOND = FlinkJobId("first"), FlinkJobId("second")


def taken(
    name: str, number: int | None, minutes: int = 0, attempt: int = 1, **changes: object
) -> Snapshot:
    """So many minutes after noon."""
    snapshot = Snapshot(
        name,
        FIRST if attempt == 1 else SECOND,
        None,
        NOON + timedelta(minutes=minutes),
        submission=(1, attempt),
        checkpoint_id=number,
    )
    return replace(snapshot, **changes)  # type: ignore[arg-type]


def names(*snapshots: Snapshot) -> list[str]:
    return [one.location for one in placed(snapshots)]


def test_flinks_number_decides_and_no_time() -> None:
    """A savepoint that was recorded late, and checkpoints whose folders were copied."""
    savepoint, checkpoint = taken("savepoint", 7, minutes=90), taken("chk-500", 500, minutes=30)

    assert names(savepoint, checkpoint, taken("chk-499", 499, 45)) == [
        "chk-500",
        "chk-499",
        "savepoint",
    ]
    newest, skipped = newest_usable([savepoint, checkpoint], [FIRST])
    assert (newest, skipped) == (checkpoint, ())


def test_later_submission_that_counts_from_a_lower_number_is_newer() -> None:
    assert names(taken("chk-90", 90, 10), taken("chk-41", 41, 5, attempt=2)) == ["chk-41", "chk-90"]


def test_one_without_a_number_is_placed_by_its_time_among_its_job() -> None:
    broken = taken("broken", None, minutes=15)
    numbered = [taken("chk-3", 3, 10), taken("chk-4", 4, 20), taken("chk-9", 9, 1, attempt=2)]

    assert names(broken, *numbered) == ["chk-9", "chk-4", "broken", "chk-3"]


def test_nothing_comes_after_what_the_job_ended_with() -> None:
    """Its `_metadata` is gone, and its record has the time of its trigger."""
    end = taken("end", None, minutes=5, is_end=True)

    assert names(taken("chk-4", 4, 6), end) == ["end", "chk-4"]


def test_one_whose_restore_failed_is_passed_over_with_the_reason() -> None:
    newer = taken("chk-5", 5, failed_restore="its last restore failed: a file is missing")
    older = taken("chk-4", 4)

    newest, skipped = newest_usable([older, newer], [FIRST])

    assert (newest, skipped) == (older, (newer,))
