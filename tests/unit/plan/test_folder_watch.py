"""Whether a job that its cluster does not know goes on elsewhere, by its checkpoints."""

from datetime import UTC, datetime, timedelta

import pytest
from headgate.plan.folder_watch import FolderLook, next_look, where_it_is

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
INTERVAL = timedelta(seconds=10)

CASES = {
    "quiet for long": ((0, 7), None, timedelta(minutes=6), "gone"),
    "written just now": ((0, 7), None, timedelta(seconds=3), "unclear"),
    "less than an interval later": ((9, 7), (0, 7), timedelta(seconds=12), "unclear"),
    "an interval, and nothing to spare": ((12, 7), (0, 7), timedelta(seconds=15), "unclear"),
    "more than an interval later": ((16, 7), (0, 7), timedelta(seconds=19), "gone"),
    "a new one came at once": ((2, 8), (0, 7), timedelta(seconds=1), "elsewhere"),
    "a new one came, long after": ((900, 60), (0, 7), timedelta(minutes=9), "elsewhere"),
    "the first one came": ((2, 1), (0, 0), timedelta(minutes=6), "elsewhere"),
}


@pytest.mark.parametrize("case", CASES)
def test_job_is(case: str) -> None:
    (seconds, newest), before, quiet, wanted = CASES[case]
    now = NOON + timedelta(seconds=seconds)
    first = FolderLook(NOON + timedelta(seconds=before[0]), before[1]) if before else None
    look = FolderLook(now, newest)
    assert where_it_is(look, first, interval=INTERVAL, last_sign=now - quiet) == wanted


def test_long_interval_makes_the_quiet_longer() -> None:
    look = FolderLook(NOON, 1)
    hourly, quiet = timedelta(hours=1), NOON - timedelta(hours=2)
    assert where_it_is(look, None, interval=hourly, last_sign=quiet) == "unclear"


def test_look_is_remembered() -> None:
    look = FolderLook(NOON, 7)
    assert FolderLook.of(look.as_progress()) == look
    assert FolderLook.of({"at": NOON.isoformat(), "restarts": 1, "completed": 0}) is None


def test_next_look_is_when_it_can_decide() -> None:
    first = FolderLook(NOON, 7)
    assert next_look(first, NOON, INTERVAL) == timedelta(seconds=15)
    assert next_look(first, NOON + timedelta(minutes=1), INTERVAL) == timedelta(seconds=1)
