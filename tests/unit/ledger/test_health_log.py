"""Looks at jobs: the latest counts, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from headgate.ids import FlinkJobId, JobName
from headgate.ledger.ledger import Ledger
from headgate.ledger.records import HealthLookRecord

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOK = HealthLookRecord(
    job=JobName("device-minutes"),
    flink_job_id=FlinkJobId("f" * 32),
    state="healthy",
    reason="",
    since=NOON,
    looked_at=NOON,
    memory={"samples": [[NOON.isoformat(), 0, 120, 4_000_000_000]], "told": ""},
)


def test_job_that_was_never_looked_at_has_no_look(ledger: Ledger) -> None:
    assert ledger.health_look(LOOK.job) is None
    assert ledger.health_looks() == {}


def test_later_look_takes_the_place_of_the_earlier(ledger: Ledger) -> None:
    later = replace(LOOK, state="failing", reason="x", looked_at=NOON + timedelta(minutes=5))
    other = replace(LOOK, job=JobName("other"))
    for look in (LOOK, other, later, LOOK):
        ledger.write_health_look(look)

    assert ledger.health_look(LOOK.job) == later
    assert ledger.health_looks() == {LOOK.job: later, other.job: other}


def test_same_look_may_be_amended(ledger: Ledger) -> None:
    ledger.write_health_look(LOOK)
    told = replace(LOOK, memory={**LOOK.memory, "told": "failing"})
    ledger.write_health_look(told)
    assert ledger.health_look(LOOK.job) == told
