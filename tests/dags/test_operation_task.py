"""One task, one job: cleared runs, jobs that others are at work on, and what was left open."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from headgate.airflow import operation_trigger
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.operation_trigger import OperationTrigger
from headgate.ids import JobName, OperationId
from headgate.ledger.records import LeaseRecord, SnapshotRecord


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OfflineProject]:
    """Its time is that of the tasks, which is the real one, until a test sets it back."""
    flink = FakeFlink()
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))
    project = OfflineProject(tmp_path, flink, SetClock(datetime.now(UTC)))
    for name in ("one", "two"):
        project.job(name).looks_until_written = 0
    yield project
    flink.close()


def run_task(job: str, map_index: int = 0, **arguments: Any) -> dict[str, Any]:
    instance = {"dag_id": "d", "run_id": "r", "task_id": "savepoint", "map_index": map_index}
    context: Any = {"ti": SimpleNamespace(**instance)}
    operator = OperationOperator(task_id="savepoint", kind="savepoint", job=job, **arguments)
    return operator.execute(context)


def savepoints(project: OfflineProject, job: str) -> list[SnapshotRecord]:
    return list(project.services.ledger.snapshots(JobName(job)))


def left_open(
    project: OfflineProject, job: str, origin: str, kind: str = "savepoint"
) -> LeaseRecord:
    """Begun an hour ago by a process of which nothing was heard since."""
    project.time.at = datetime.now(UTC) - timedelta(hours=1)
    return project.services.ledger.open_operation(
        OperationId("left"),
        kind,
        JobName(job),
        {"format": "canonical", "origin": origin},
        surface="t",
        holder="another-host:1",
    )


def state_of_left(project: OfflineProject) -> str:
    operation = project.services.ledger.operation(OperationId("left"))
    assert operation is not None
    return operation.state


def test_cleared_run_whose_list_was_made_anew_acts_on_the_job_of_the_task(
    project: OfflineProject,
) -> None:
    """Step: index 0 was job one and is job two. Expected: two is acted on, under its own lease."""
    first = run_task("one", 0)

    second = run_task("two", 0)

    assert (second["job"], first["operation_id"] == second["operation_id"]) == ("two", False)
    assert [len(savepoints(project, name)) for name in ("one", "two")] == [1, 1]
    again = run_task("one", 1)
    assert again["operation_id"] == first["operation_id"], "at another index it finds its own"
    assert len(savepoints(project, "one")) == 1


def test_job_that_became_busy_is_skipped_with_the_reason_by_a_schedule(
    project: OfflineProject,
) -> None:
    project.lease("one", "upgrade", kind="upgrade")

    with pytest.raises(AirflowSkipException, match="upgrade is under way"):
        run_task("one", skips_busy=True)
    with pytest.raises(AirflowFailException, match="upgrade is under way"):
        run_task("one")

    assert savepoints(project, "one") == []


def test_savepoint_left_open_is_the_one_that_is_asked_for(project: OfflineProject) -> None:
    left_open(project, "one", "on_demand")

    ended = run_task("one", skips_busy=True)

    assert ended["operation_id"] == "left"
    assert len(savepoints(project, "one")) == 1


def test_savepoint_left_open_that_is_another_one_is_brought_to_its_end_first(
    project: OfflineProject,
) -> None:
    left_open(project, "one", "on_demand")

    run_task("one", skips_busy=True, options={"scheduled": True})

    assert state_of_left(project) == "succeeded"
    origins = [one.origin for one in savepoints(project, "one")]
    assert sorted(origins) == ["on_demand", "scheduled"]


def test_savepoint_left_open_that_has_failed_is_taken_anew(project: OfflineProject) -> None:
    lease = left_open(project, "one", "on_demand")
    intent = {"flink_job_id": "gone", "line": "2.3", "trigger_id": "t", "folder": "/nowhere"}
    ledger = project.services.ledger
    ledger.intend_step(lease, "find", 0, {})
    ledger.finish_step(lease, "find", {"flink_job_id": "gone"})
    ledger.intend_step(lease, "savepoint", 1, {**intent, "format": "canonical"})

    ended = run_task("one", skips_busy=True)

    assert state_of_left(project) == "failed"
    assert ended["operation_id"] != "left"
    assert len(savepoints(project, "one")) == 1


def test_stop_left_open_is_skipped_by_a_schedule(project: OfflineProject) -> None:
    left_open(project, "one", "on_demand", kind="stop")

    with pytest.raises(AirflowSkipException, match="stop is under way"):
        run_task("one", skips_busy=True)


def test_task_that_waits_long_is_woken_to_show_that_it_is_worked_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    monkeypatch.setattr(operation_trigger, "SIGN_OF_LIFE", timedelta(seconds=0.3))
    monkeypatch.setattr(OperationTrigger, "_look", lambda self: looks.append(self.job) or 0.05)
    trigger = OperationTrigger("o", "one", 0.05)

    event = asyncio.run(asyncio.wait_for(anext(trigger.run()), 60))

    assert event.payload == {"operation_id": "o"}
    assert looks
