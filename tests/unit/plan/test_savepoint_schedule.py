"""When a scheduled savepoint is due."""

from datetime import UTC, datetime, timedelta

import pytest
from headgate.plan.savepoint_schedule import Due, NotDue, savepoint_due
from headgate.spec.job import SavepointPolicy

NIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def at(hour: int, minute: int = 0, second: int = 0, day: int = 0) -> datetime:
    return NIGHT + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


@pytest.mark.parametrize(
    ("policy", "last", "now", "expected"),
    [
        (SavepointPolicy(), at(0), at(5, 59, 59), NotDue(at(6))),
        (SavepointPolicy(), at(0), at(6), Due(at(6))),
        (SavepointPolicy(every="30m"), at(0), at(0, 30), Due(at(0, 30))),
        (SavepointPolicy(every="30m"), at(0), at(9), Due(at(0, 30))),
        (SavepointPolicy(cron="30 2 * * *"), at(0), at(2, 29, 59), NotDue(at(2, 30))),
        (SavepointPolicy(cron="30 2 * * *"), at(0), at(2, 30), Due(at(2, 30))),
        (SavepointPolicy(cron="30 2 * * *"), at(2, 30), at(2, 31), NotDue(at(2, 30, day=1))),
        (SavepointPolicy(cron="30 2 * * *"), at(2, 29, 59), at(23), Due(at(2, 30))),
        (SavepointPolicy(cron="@hourly"), at(1, 0, 5), at(1, 59), NotDue(at(2))),
        (SavepointPolicy(cron="0 0 * * 1"), at(0), at(12, day=1), Due(at(0, day=1))),
    ],
)
def test_savepoint_due(
    policy: SavepointPolicy, last: datetime, now: datetime, expected: Due | NotDue
) -> None:
    assert savepoint_due(policy, last, now) == expected


def test_clock_set_back_makes_nothing_due() -> None:
    assert savepoint_due(SavepointPolicy(every="1h"), at(10), at(2)) == NotDue(at(11))
    assert savepoint_due(SavepointPolicy(cron="0 * * * *"), at(10), at(2)) == NotDue(at(3))


def test_days_without_a_run_make_one_savepoint_due_and_not_many() -> None:
    policy = SavepointPolicy(cron="*/5 * * * *")
    due = savepoint_due(policy, at(0), at(0, 2, day=9))
    assert due == Due(at(0, 0, day=9))
    assert savepoint_due(policy, at(0, 2, day=9), at(0, 3, day=9)) == NotDue(at(0, 5, day=9))
