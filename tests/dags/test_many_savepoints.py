"""200 jobs due at once: no task waits in a worker, and a job costs the same among few and many."""

import asyncio
import logging
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Asset
from airflow.sdk.exceptions import TaskDeferred
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from headgate.airflow.savepoint_operator import SAVEPOINTS, SavepointOperator
from headgate.ids import JobName
from headgate.operations import cluster_turn
from headgate.operations.savepointing.considered import due_for_savepoint
from headgate.spec.load import load_declared

pytestmark = pytest.mark.slow
FEW, MANY = 40, 200
SIX_HOURS_LATER = SetClock().at.replace(hour=7)


@dataclass
class Events:
    """Stands for Airflow's accessor of outlet events: what was told, by asset."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __getitem__(self, alias: object) -> "Events":
        assert alias == SAVEPOINTS
        return self

    def add(self, asset: Asset, extra: dict[str, Any]) -> None:
        assert asset.name not in self.told
        self.told[asset.name] = extra


@dataclass
class Cost:
    """Of one run over many jobs. Peaks in bytes, without what was there before."""

    calls: int
    worker_peak: int
    triggerer_peak: int


@contextmanager
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A sleep of the worker's thread would hold its slot."""
    worker, sleep = threading.get_ident(), time.sleep

    def guarded(seconds: float) -> None:
        assert threading.get_ident() != worker, f"the worker slept {seconds} s"
        sleep(seconds)

    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", guarded)
        yield


@contextmanager
def peak_of() -> Iterator[list[int]]:
    found: list[int] = []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    yield found
    found.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()


def cost_of(root: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> Cost:
    time_of_test = SetClock()
    flink = FakeFlink()
    project = OfflineProject(root, flink, time_of_test)
    monkeypatch.setenv("HEADGATE_PROJECT", str(root))
    for number in range(count):
        project.job(f"job-{number:03}").looks_until_written = 3
    time_of_test.at = SIX_HOURS_LATER
    # What is measured is the cost of many at work at once, not how few of them may be.
    monkeypatch.setattr(cluster_turn, "AT_A_TIME", count)
    declared = load_declared(root)
    considered = due_for_savepoint(project.services)
    assert [one.job for one in considered if one.is_due] == sorted(declared.jobs)
    flink.calls.clear()

    events = Events()
    tasks = []
    with no_waiting(monkeypatch), peak_of() as worker:
        for index, job in enumerate(sorted(declared.jobs)):
            instance = {"dag_id": "savepoint_jobs", "run_id": "r", "task_id": "savepoint"}
            context: Any = {"ti": SimpleNamespace(**instance, map_index=index)}
            context["outlet_events"] = events
            task = SavepointOperator(
                task_id="savepoint", kind="savepoint", job=job, options={"scheduled": True}
            )
            with pytest.raises(TaskDeferred) as deferred:
                task.execute(context)
            tasks.append((task, context, deferred.value.trigger))

    async def watch_all() -> None:
        await asyncio.wait_for(asyncio.gather(*(anext(t.run()) for _, _, t in tasks)), 550)

    with peak_of() as triggerer:
        asyncio.run(watch_all())

    for task, context, _ in tasks:
        until_ended(task, context, monkeypatch)
    assert_all_taken(project, events, count)
    flink.close()
    return Cost(max(flink.calls.values()), worker[0], triggerer[0])


def until_ended(
    task: SavepointOperator, context: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Resume as Airflow does; a task that waits again is watched again."""
    for _ in range(10):
        try:
            with no_waiting(monkeypatch):
                return task.resume(context, {})
        except TaskDeferred as again:
            asyncio.run(anext(again.trigger.run()))
    raise AssertionError("the task waits again and again")


def assert_all_taken(project: OfflineProject, events: Events, count: int) -> None:
    assert len(events.told) == count
    for name, job in project.flink.jobs.items():
        assert len(set(job.posts)) == 1, name
        (record,) = project.services.ledger.snapshots(JobName(job.name))
        told = events.told[f"savepoint/{job.name}"]
        assert told["location"] == record.location
        assert told["size_bytes"] == record.size_bytes
        assert record.origin == "scheduled"


@pytest.mark.timeout(1800)
def test_200_jobs_due_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = cost_of(tmp_path / "few", FEW, monkeypatch)
    many = cost_of(tmp_path / "many", MANY, monkeypatch)

    logging.getLogger(__name__).info("%s jobs: %s; %s jobs: %s", FEW, few, MANY, many)
    assert many.calls <= few.calls + 3, "calls per job grow with the number of jobs"
    assert many.calls <= 40
    assert many.worker_peak / MANY <= few.worker_peak / FEW
    assert many.triggerer_peak / MANY <= few.triggerer_peak / FEW * 1.5
