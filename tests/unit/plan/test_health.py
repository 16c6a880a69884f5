"""RUNNING is not health: what is, look by look."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from headgate.clients.flink.pictures import (
    CheckpointCounts,
    JobPicture,
    RestoredFrom,
    Vertex,
)
from headgate.ids import FlinkJobId
from headgate.plan.health import HealthRule, Memory, Verdict, judge

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Vertex("a", "Source", "RUNNING", 1, 100, 50, is_source=True)
WINDOW = Vertex("b", "Window", "RUNNING", 1, 50, 10, is_source=False)
RUNNING = JobPicture(
    id=FlinkJobId("job"),
    name="device-minutes",
    state="RUNNING",
    started_at=START,
    vertices=(SOURCE, WINDOW),
    checkpoints=CheckpointCounts(completed=2, latest_completed_at=START),
    watermark=START,
    restarts=0,
)
SAVEPOINT = "file:/state/savepoint-1"
RESTORED = replace(
    RUNNING,
    restored=RestoredFrom("file:///state/savepoint-1/", START),
    checkpoints=CheckpointCounts(completed=2, restored=1),
)
FRESH = HealthRule(None, checkpoints=2)


def look(picture: JobPicture, rule: HealthRule = FRESH, before: Memory | None = None) -> Verdict:
    return judge(picture, rule, before)[0]


def with_checkpoints(picture: JobPicture, completed: int) -> JobPicture:
    return replace(picture, checkpoints=replace(picture.checkpoints, completed=completed))


def test_running_with_enough_checkpoints_is_healthy() -> None:
    assert look(RUNNING).state == "healthy"


def test_running_without_checkpoints_waits() -> None:
    verdict = look(with_checkpoints(RUNNING, 1))
    assert (verdict.state, verdict.reason) == ("waiting", "1 of 2 checkpoints completed")


def test_one_vertex_not_running_waits_although_the_job_is_running() -> None:
    picture = replace(RUNNING, vertices=(SOURCE, replace(WINDOW, state="INITIALIZING")))
    assert look(picture).reason == "1 of 2 vertices run"


def test_restarting_waits_and_says_why() -> None:
    picture = replace(RUNNING, state="RESTARTING", exceptions=("java.io.IOException: gone",))
    picture = replace(picture, vertices=(replace(SOURCE, state="CREATED"), WINDOW))
    assert "gone" in look(picture).reason


def test_ended_job_is_failing() -> None:
    verdict = look(replace(RUNNING, state="FAILED", exceptions=("boom",)))
    assert (verdict.state, verdict.reason) == ("failing", "the job has ended as FAILED: boom")


def test_checkpoints_before_a_restart_do_not_count() -> None:
    _, first = judge(with_checkpoints(RUNNING, 1), FRESH, None)
    restarted = replace(with_checkpoints(RUNNING, 2), restarts=1)
    verdict, second = judge(restarted, FRESH, first)
    assert verdict.reason == "0 of 2 checkpoints completed"

    assert look(with_checkpoints(restarted, 4), before=second).state == "healthy"


def test_restore_from_the_path_asked_for_is_healthy_however_it_is_spelled() -> None:
    assert look(RESTORED, HealthRule(SAVEPOINT, 2)).state == "healthy"


def test_restore_from_another_path_is_failing() -> None:
    verdict = look(RESTORED, HealthRule("file:/state/savepoint-2", 2))
    assert (verdict.state, "asked for was" in verdict.reason) == ("failing", True)


def test_restore_that_did_not_happen_never_becomes_healthy() -> None:
    untold = with_checkpoints(RUNNING, 0)
    assert look(untold, HealthRule(SAVEPOINT, 2)).reason == "the restore is not reported yet"


def test_checkpoint_without_a_restore_before_it_shows_a_start_without_state() -> None:
    verdict = look(RUNNING, HealthRule(SAVEPOINT, 2))
    assert (verdict.state, "started without state" in verdict.reason) == ("failing", True)


def test_restore_that_nobody_asked_for_is_failing() -> None:
    assert look(RESTORED).state == "failing"


def test_records_without_a_moving_watermark_wait() -> None:
    _, before = judge(RUNNING, FRESH, None)
    more = replace(RUNNING, vertices=(replace(SOURCE, records_read=200), WINDOW))
    assert "watermark" in look(more, before=before).reason

    moved = replace(more, watermark=START + timedelta(seconds=1))
    assert look(moved, before=before).state == "healthy"


def test_source_without_records_needs_no_watermark() -> None:
    idle = replace(RUNNING, watermark=None, vertices=(replace(SOURCE, records_read=0),))
    _, before = judge(idle, FRESH, None)
    assert look(idle, before=before).state == "healthy"


def test_memory_survives_the_ledger() -> None:
    _, memory = judge(RUNNING, FRESH, None)
    assert Memory.of(memory.as_progress()) == memory
    assert Memory.of({}) is None
