"""Before a job is started again: that Flink does not know it does not mean that it has ended."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.fake_flink import FakeFlink, FakeJob
from harness.offline_project import OfflineProject, SetClock
from headgate.clock import SYSTEM_CLOCK
from headgate.errors import NeedsOperator
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.engine.step import Intention, Pending, Run
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.restoring.surely_gone import not_surely_gone

JOB = JobName("beats-per-second")
WHOLE = b"\x49\x60\x67\x2d\0\0\0\5" + b"\0" * 8
EMPTY = {"from": None, "accept_age": False}


class Lost:
    """A job that ran with checkpoints every two seconds, until its cluster forgot it."""

    def __init__(self, project: OfflineProject, former: FakeFlink) -> None:
        self.project = project
        self.former = former
        self.job = project.job(JOB)
        self.progress: dict[str, Any] = {}
        project.flink.jobs.clear()
        self.artefacts = project.root / "ran"
        self.artefacts.mkdir()
        submission = {"execution.checkpointing.interval": "2000 ms"}
        (self.artefacts / "binding.json").write_text(json.dumps({"submission": submission}))

    @property
    def deployment(self) -> DeploymentRecord:
        recorded = self.project.services.ledger.deployment(JOB, FlinkJobId(self.job.id))
        return replace(recorded, artefacts=str(self.artefacts))

    def checkpoint(self, number: int) -> None:
        folder = Path(checkpoint_folder(self.project.services, JOB)) / self.job.id / f"chk-{number}"
        folder.mkdir(parents=True)
        (folder / "_metadata").write_bytes(WHOLE)

    def look(self, *, request: dict[str, Any] | None = None, **changes: Any) -> Pending | None:
        services = self.project.services
        lease = self.project.lease(JOB, "recover", kind="recover")
        operation = services.ledger.operation(lease.operation_id)
        assert operation is not None
        run = Run(replace(operation, request=request or EMPTY), lease, services, {})
        intention = Intention({}, self.progress, timedelta(0))
        told = not_surely_gone(run, intention, replace(self.deployment, **changes), None)
        if told is not None and told.progress is not None:
            self.progress = dict(told.progress)
        return told


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Lost]:
    # Files are written now; the clock of the test begins there.
    time = SetClock(SYSTEM_CLOCK.now())
    flink, former = FakeFlink(lambda: time.at), FakeFlink(lambda: time.at)
    yield Lost(OfflineProject(tmp_path, flink, time), former)
    flink.close()
    former.close()


def test_job_that_writes_on_elsewhere_is_not_started_a_second_time(lost: Lost) -> None:
    lost.checkpoint(1)

    first = lost.look()
    assert first is not None
    assert first.must_remember
    assert first.poll_after == timedelta(seconds=7)
    lost.checkpoint(2)
    lost.project.time.at += first.poll_after

    with pytest.raises(NeedsOperator, match=r"chk-2\): it runs on another cluster"):
        lost.look()


def test_job_that_writes_nothing_for_more_than_an_interval_is_gone(lost: Lost) -> None:
    lost.checkpoint(1)

    assert lost.look() is not None
    lost.project.time.at += timedelta(seconds=3)
    assert lost.look() is not None
    lost.project.time.at += timedelta(seconds=5)
    assert lost.look() is None


def test_job_that_wrote_nothing_for_long_is_gone_at_once(lost: Lost) -> None:
    lost.checkpoint(1)
    lost.project.time.at += timedelta(minutes=6)
    assert lost.look() is None


def test_job_that_was_ended_on_purpose_is_not_looked_for(lost: Lost) -> None:
    assert lost.look(state="stopped", cluster=lost.former.address) is None
    assert lost.look(state="cancelled", cluster=lost.former.address) is None


def test_job_that_runs_on_its_former_cluster_is_not_started_on_the_new_one(lost: Lost) -> None:
    lost.project.time.at += timedelta(minutes=6)
    lost.former.jobs[lost.job.id] = FakeJob(lost.job.id, JOB)

    with pytest.raises(NeedsOperator, match=f"still runs there as {lost.job.id}"):
        lost.look(cluster=lost.former.address)


@pytest.mark.parametrize("state", [None, "CANCELED"])
def test_former_cluster_may_say_that_it_has_ended(lost: Lost, state: str | None) -> None:
    lost.project.time.at += timedelta(minutes=6)
    if state:
        lost.former.jobs[lost.job.id] = FakeJob(lost.job.id, JOB, state=state)
    assert lost.look(cluster=lost.former.address) is None


def test_former_cluster_that_does_not_answer_leaves_it_to_a_person(lost: Lost) -> None:
    lost.project.time.at += timedelta(minutes=6)

    with pytest.raises(NeedsOperator, match="is not known") as caught:
        lost.look(cluster="http://127.0.0.1:1")

    assert f"headgate recover {JOB} --runs-nowhere" in caught.value.next_step
    agreed = {**EMPTY, "runs_nowhere": True}
    assert lost.look(cluster="http://127.0.0.1:1", request=agreed) is None
