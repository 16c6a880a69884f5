"""How a deployed job is, row by row: one look, what the looks before have left, the verdict."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from headgate.clients.flink.checkpoint_history import Checkpoint
from headgate.clients.flink.pictures import (
    CheckpointCounts,
    JobPicture,
    RestoredFrom,
    TaskTime,
    Vertex,
)
from headgate.ids import FlinkJobId
from headgate.plan.health_memory import MOST_SAMPLES, LookMemory, remember
from headgate.plan.job_health import JobHealth, Limits, health_of, limits_of
from headgate.spec.job import JobSpec

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAVEPOINT = "file:/state/savepoint-1"
LIMITS = Limits(timedelta(seconds=40), timedelta(minutes=5), 10_000)
MINUTES = timedelta(minutes=1)


def ago(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


def time(busy: float, idle: float, back_pressured: float = 0) -> TaskTime:
    return TaskTime(*(timedelta(seconds=one) for one in (busy, idle, back_pressured)))


def completed(seconds: float = 0.1, size: int = 1000, **changes: Any) -> Checkpoint:
    duration = timedelta(seconds=seconds)
    return replace(Checkpoint("completed", NOON, duration, size, is_savepoint=False), **changes)


FAILED = completed(state="failed", failure="Checkpoint expired before completing.")
SOURCE = Vertex(
    "s", "Source: beats -> Calc", "RUNNING", 1, 1000, 50, is_source=True, time=time(10, 90)
)
WINDOW = Vertex("w", "Window", "RUNNING", 1, 50, 10, is_source=False, time=time(20, 80))


def picture(**changes: Any) -> JobPicture:
    """A job that runs well; `age`, `done`, `restored`, `records` and vertex states by name."""
    counts = CheckpointCounts(
        completed=changes.pop("done", 100),
        failed=changes.pop("failed", 0),
        restored=changes.pop("restored_times", 0),
        latest_completed_at=ago(changes.pop("age", 1)) if changes.get("age", 1) >= 0 else None,
    )
    source = replace(SOURCE, records_read=changes.pop("records", 1000))
    vertices = changes.pop("vertices", None) or (
        replace(source, state=changes.pop("source", "RUNNING")),
        replace(WINDOW, state=changes.pop("window", "RUNNING")),
    )
    well = JobPicture(
        id=FlinkJobId("j"),
        name="beats",
        state="RUNNING",
        started_at=ago(3600),
        vertices=vertices,
        checkpoints=counts,
        watermark=ago(2),
        restarts=0,
        history=(completed(),),
        pending_records=0,
    )
    return replace(well, **changes)


def never(**changes: Any) -> JobPicture:
    """As `picture`, but no checkpoint has completed yet."""
    looked = picture(done=0, **changes)
    return replace(looked, checkpoints=replace(looked.checkpoints, latest_completed_at=None))


def seen(*looks: JobPicture, every: timedelta = MINUTES) -> LookMemory:
    """The memory after these looks, the last of them one interval ago."""
    memory = None
    for number, look in enumerate(looks):
        memory = remember(look, memory, NOON - (len(looks) - number) * every)
    assert memory is not None
    return memory


BOOM = {"exceptions": ("java.lang.Oops: boom",)}
WELL = seen(picture(records=500))
PRESSED = (
    replace(SOURCE, records_read=1000, time=time(12, 92, 46)),
    replace(WINDOW, time=time(69, 81)),
)


@dataclass(frozen=True)
class Row:
    look: JobPicture | None
    state: str
    words: str = ""
    before: LookMemory | None = WELL
    restored_from: str | None = None


ROWS = {
    "runs well": Row(picture(), "healthy"),
    "runs well at the first look": Row(picture(), "healthy", before=None),
    "the JobManager does not know it": Row(None, "missing", "its JobManager may have restarted"),
    "has failed": Row(picture(state="FAILED", **BOOM), "failing", "as FAILED: java.lang.Oops"),
    "was cancelled outside": Row(picture(state="CANCELED"), "failing", "ended as CANCELED"),
    "has finished": Row(picture(state="FINISHED"), "failing", "ended as FINISHED"),
    # restarts
    "flaps, by Flink's own memory": Row(
        picture(restarts=3, failed_at=(ago(5), ago(60), ago(110)), **BOOM),
        "failing",
        "restarted 3 times in 10 min: java.lang.Oops",
        before=None,
    ),
    "flaps, by the counter alone": Row(
        picture(restarts=7), "failing", "restarted 4 times", seen(picture(restarts=3))
    ),
    "flaps slowly, one restart a look": Row(
        picture(restarts=5),
        "failing",
        "restarted 3 times",
        seen(picture(restarts=2), picture(restarts=3), picture(restarts=4)),
    ),
    "flaps while it is RUNNING and completes checkpoints": Row(
        picture(restarts=9, failed_at=(ago(20), ago(80), ago(140)), done=300),
        "failing",
        "restarted 9 times",
    ),
    "flapped, and is steady since": Row(
        picture(restarts=3, failed_at=(ago(200), ago(220), ago(240))),
        "degraded",
        "restarted 3 times in 10 min, 3 min ago, steady since",
        before=None,
    ),
    "flapped long ago": Row(
        picture(restarts=8, failed_at=(ago(700), ago(800), ago(900))), "healthy", before=None
    ),
    "counter grew long ago": Row(
        picture(restarts=9),
        "healthy",
        before=seen(*[picture(restarts=0)] * 2, *[picture(restarts=9)] * 15),
    ),
    "restarted once, checkpoint since": Row(
        picture(restarts=1, failed_at=(ago(90),), **BOOM), "healthy", "restarted once in 10 min"
    ),
    "restarted once, no checkpoint since": Row(
        picture(restarts=1, failed_at=(ago(5),), age=20, **BOOM),
        "degraded",
        "no checkpoint has completed since (java.lang.Oops: boom)",
    ),
    "restarts unknown": Row(picture(restarts=None), "healthy"),
    "restore loop": Row(
        never(restored_times=4, restarts=3, started_at=ago(10), **BOOM),
        "failing",
        "restored 4 times and never completed a checkpoint: java.lang.Oops",
        before=None,
    ),
    "restored once, first checkpoint to come": Row(
        never(restored_times=1, started_at=ago(10)), "healthy", before=None
    ),
    "restored from what was asked for": Row(
        picture(restored_times=1, restored=RestoredFrom("file:///state/savepoint-1/", NOON)),
        "healthy",
        restored_from=SAVEPOINT,
    ),
    "restored from something else": Row(
        picture(restored_times=1, restored=RestoredFrom("file:/state/other", NOON)),
        "failing",
        "asked for was file:/state/savepoint-1",
        restored_from=SAVEPOINT,
    ),
    "restored again from its own checkpoint": Row(
        picture(restored_times=2, restored=RestoredFrom("file:/state/chk-9", NOON)),
        "healthy",
        restored_from=SAVEPOINT,
    ),
    # tasks
    "one vertex is not yet running": Row(
        picture(window="INITIALIZING"), "degraded", "running, 1 of 2 vertices run"
    ),
    "restarting just now": Row(
        picture(state="RESTARTING", source="CANCELED", window="CREATED", **BOOM),
        "degraded",
        "restarting, 0 of 2 vertices run (java.lang.Oops: boom)",
    ),
    "restarting for long": Row(
        picture(state="RESTARTING", source="CREATED", window="CREATED", age=61, **BOOM),
        "failing",
        "restarting, 0 of 2 vertices run, and no checkpoint has completed for 61 s: java.lang.Oops",
    ),
    "no vertices": Row(replace(picture(), vertices=()), "degraded", "0 of 0"),
    # checkpoints
    "checkpoint just young enough": Row(picture(age=40), "healthy"),
    "no checkpoint for too long": Row(picture(age=41), "failing", "has completed for 41 s"),
    "never a checkpoint": Row(never(started_at=ago(50)), "failing", "has completed for 50 s"),
    "three failed in a row": Row(
        picture(history=(FAILED, FAILED, FAILED, completed())),
        "degraded",
        "the last 3 checkpoints have failed: Checkpoint expired",
    ),
    "two failed in a row": Row(picture(history=(FAILED, FAILED, completed())), "healthy"),
    "three failed and one completed since": Row(
        picture(history=(completed(), FAILED, FAILED, FAILED)), "healthy"
    ),
    "failed savepoints are nobody's checkpoints": Row(
        picture(history=(*[replace(FAILED, is_savepoint=True)] * 3, completed())), "healthy"
    ),
    # event time
    "watermark behind while records come in": Row(
        picture(watermark=ago(400)),
        "degraded",
        "its watermark is 7 min behind",
        seen(picture(records=500, watermark=ago(460))),
    ),
    "watermark stands while records come in": Row(
        picture(watermark=ago(400)),
        "degraded",
        "7 min behind and does not move",
        seen(picture(records=500, watermark=ago(400))),
    ),
    "watermark behind, input waits, first look": Row(
        picture(watermark=ago(400), pending_records=9), "degraded", "7 min behind", before=None
    ),
    "all partitions are idle": Row(
        picture(watermark=ago(9000)), "healthy", before=seen(picture(watermark=ago(9000)))
    ),
    "source without watermark, records come in": Row(
        picture(watermark=None), "degraded", "no source has given out a watermark"
    ),
    "source without watermark, first look": Row(picture(watermark=None), "healthy", before=None),
    "no input at all": Row(
        picture(records=0, watermark=None), "healthy", before=seen(picture(records=0))
    ),
    "counts begin anew after a restart": Row(
        picture(records=10, watermark=None, restarts=1, failed_at=(ago(30),)),
        "healthy",
        before=seen(picture(records=9000)),
    ),
    # input
    "input lag": Row(
        picture(pending_records=10_000), "degraded", "10,000 records are still to be read"
    ),
    "some input lag": Row(picture(pending_records=9_999), "healthy"),
    "input lag not told": Row(picture(pending_records=None), "healthy"),
    # back pressure
    "back pressured while input waits": Row(
        picture(vertices=PRESSED, pending_records=70),
        "degraded",
        "Source: beats is back pressured 92 % of the time; the busiest is Window, 98 %",
    ),
    "back pressured, but all is read": Row(picture(vertices=PRESSED), "healthy"),
    "a little back pressure": Row(
        picture(vertices=(replace(SOURCE, time=time(40, 90, 20)),), pending_records=70), "healthy"
    ),
    "was back pressured before the look before": Row(
        picture(vertices=(replace(SOURCE, time=time(20, 130, 900)),), pending_records=70),
        "healthy",
        before=seen(picture(vertices=(replace(SOURCE, time=time(10, 90, 900)),))),
    ),
    # trend
    "checkpoints take longer and longer": Row(
        picture(),
        "degraded",
        "checkpoints take longer and longer: 0.9 s, now 3.4 s, over 11 min",
        seen(*[picture(history=(completed(0.5 + n * 0.3),), records=n) for n in range(12)]),
    ),
    "checkpoints take longer, but not long": Row(
        picture(),
        "healthy",
        before=seen(*[picture(history=(completed(0.01 * n),), records=n) for n in range(12)]),
    ),
    "checkpoints take now this long, now that": Row(
        picture(),
        "healthy",
        before=seen(*[picture(history=(completed(1 + n % 4),)) for n in range(12)]),
    ),
    "the state grows and grows": Row(
        picture(),
        "degraded",
        "the state grows and grows: 150 MB, now 950 MB",
        seen(*[picture(history=(completed(size=n * 100_000_000),)) for n in range(12)]),
    ),
    "the state grew and stays": Row(
        picture(),
        "healthy",
        before=seen(
            *[picture(history=(completed(size=min(n, 3) * 100_000_000),)) for n in range(3, 15)]
        ),
    ),
    "too few looks for a trend": Row(
        picture(),
        "healthy",
        before=seen(*[picture(history=(completed(n),)) for n in range(1, 6)]),
    ),
    "several things at once": Row(
        picture(pending_records=20_000, watermark=ago(400)),
        "degraded",
        "7 min behind and does not move; 20,000 records",
        seen(picture(records=500, watermark=ago(400))),
    ),
}


def judged(row: Row) -> JobHealth:
    return health_of(row.look, LIMITS, row.before, NOON, restored_from=row.restored_from)


@pytest.mark.parametrize("name", ROWS)
def test_health(name: str) -> None:
    row = ROWS[name]
    health = judged(row)
    assert health.state == row.state, health.reason
    assert row.words in health.reason


@pytest.mark.parametrize("name", ROWS)
def test_what_is_not_healthy_says_why(name: str) -> None:
    health = judged(ROWS[name])
    assert health.reason or health.state == "healthy"


@pytest.mark.parametrize("name", ROWS)
def test_memory_in_the_ledger_decides_the_same(name: str) -> None:
    row = ROWS[name]
    if row.before is None:
        return
    written = json.loads(json.dumps(row.before.as_json()))
    assert judged(replace(row, before=LookMemory.of(written))) == judged(row)


def test_memory_is_bounded() -> None:
    many = tuple(replace(SOURCE, id=str(number)) for number in range(200))
    looks = [picture(vertices=many, restarts=number) for number in range(300)]
    memory = seen(*looks)
    assert len(memory.samples) == MOST_SAMPLES
    assert len(json.dumps(memory.as_json())) < 8000
    assert memory.at == NOON - MINUTES
    assert memory.samples[-1].restarts == 299


def test_nothing_is_remembered_of_nothing() -> None:
    assert LookMemory.of({}) is None
    assert LookMemory.of({"told": "missing"}) is None


def test_limits_are_those_of_job_yaml() -> None:
    said = {"description": "d", "owner": "o", "flink": "2.3", "sinks": ["out"]}
    said |= {"sources": {"in": {"event_time": "at"}}, "checkpoint_interval": "10s"}
    assert limits_of(JobSpec.model_validate(said)) == Limits(
        timedelta(seconds=80), timedelta(minutes=5), 100_000
    )
    said |= {"health": {"checkpoint_age": "20s", "watermark_lag": "1m", "input_lag": 5}}
    assert limits_of(JobSpec.model_validate(said)) == Limits(
        timedelta(seconds=20), timedelta(minutes=1), 5
    )
    assert limits_of(None).checkpoint_age == timedelta(minutes=2)
