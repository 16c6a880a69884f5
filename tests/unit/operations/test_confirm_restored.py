"""A job that was started from something else than asked for ends, and leaves nothing behind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.fake_flink import FakeFlink, FakeJob
from harness.offline_project import LINE, OfflineProject, SetClock
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.kept_submission import kept_submissions
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run
from headgate.operations.restoring.known_snapshots import checkpoint_folder, known_snapshots

JOB = JobName("beats-per-second")
ASKED = "file:/state/savepoint-1"


@dataclass
class Confirmation:
    """The step on a job that was told to restore a snapshot, look by look."""

    project: OfflineProject
    job: FakeJob
    run: Run
    progress: dict[str, Any]

    def look(self, after: timedelta = timedelta(0)) -> Look:
        self.project.time.at += after
        looked = ConfirmRestored().look(self.run, self._intention)
        if isinstance(looked, Pending) and looked.progress is not None:
            self.progress = dict(looked.progress)
        return looked

    def act(self) -> None:
        ConfirmRestored().act(self.run, self._intention)

    @property
    def deployment(self) -> DeploymentRecord:
        return self.project.services.ledger.deployment(JOB, FlinkJobId(self.job.id))

    @property
    def _intention(self) -> Intention:
        return Intention(ConfirmRestored().intend(self.run), self.progress, timedelta(0))


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Callable[..., Confirmation]]:
    time = SetClock()
    flink = FakeFlink(lambda: time.at)

    def confirmation(restore_from: str | None = ASKED, **changes: Any) -> Confirmation:
        project = OfflineProject(tmp_path, flink, time)
        job = project.job(JOB)
        for name, value in changes.items():
            setattr(job, name, value)
        lease = project.lease(JOB, "confirm", kind="deploy")
        services = project.services
        operation = services.ledger.operation(lease.operation_id)
        assert operation is not None
        submitted = {"flink_job_id": job.id, "restore_from": restore_from}
        plan = {"line": LINE, "deadline_seconds": 600}
        run = Run(operation, lease, services, {"plan": plan, "submit": submitted})
        return Confirmation(project, job, run, {})

    yield confirmation
    flink.close()


def test_job_restored_as_asked_goes_on(told: Callable[..., Confirmation]) -> None:
    confirmation = told(restored_from=ASKED)
    assert isinstance(confirmation.look(), Done)


def test_job_that_restores_nothing_is_not_asked_about(told: Callable[..., Confirmation]) -> None:
    confirmation = told(restore_from=None)
    assert isinstance(confirmation.look(), Done)
    assert confirmation.project.flink.calls == {}


def test_job_that_has_ended_is_left_to_the_next_step(told: Callable[..., Confirmation]) -> None:
    assert isinstance(told(completed=0, state="FAILED").look(), Done)


def test_other_snapshot_ends_the_job_and_nothing_continues_from_it(
    told: Callable[..., Confirmation],
) -> None:
    confirmation = told(restored_from="file:/state/savepoint-0")
    services = confirmation.project.services
    checkpoint = Path(checkpoint_folder(services, JOB)) / confirmation.job.id / "chk-1"
    checkpoint.mkdir(parents=True)
    (checkpoint / "_metadata").write_bytes(confirmation.job.metadata)

    assert isinstance(confirmation.look(), Absent)
    confirmation.act()

    with pytest.raises(Rejected, match=f"from file:/state/savepoint-0, asked for was {ASKED}"):
        confirmation.look()
    assert confirmation.job.state == "CANCELED"
    assert confirmation.deployment.state == "astray"
    assert [kept.state for kept in kept_submissions(services, JOB)] == ["astray"]
    (left,) = known_snapshots(services, JOB)
    assert "started from other state" in (left.problem or "")


def test_death_between_the_record_and_the_cancellation_is_made_up_for(
    told: Callable[..., Confirmation],
) -> None:
    confirmation = told()
    lease = confirmation.run.lease
    job_id = FlinkJobId(confirmation.job.id)
    confirmation.project.services.ledger.update_deployment(lease, job_id, "astray")

    assert isinstance(confirmation.look(), Absent)
    confirmation.act()

    with pytest.raises(Rejected, match="has started it without state"):
        confirmation.look()


def test_running_without_a_report_is_given_the_time_that_answers_may_be_old(
    told: Callable[..., Confirmation],
) -> None:
    confirmation = told(completed=0)

    first = confirmation.look()
    assert isinstance(first, Pending)
    assert first.must_remember
    assert isinstance(confirmation.look(timedelta(seconds=4)), Pending)
    assert isinstance(confirmation.look(timedelta(seconds=2)), Absent)


def test_tasks_that_do_not_run_yet_may_take_long(told: Callable[..., Confirmation]) -> None:
    confirmation = told(completed=0, tasks="INITIALIZING")
    assert isinstance(confirmation.look(timedelta(minutes=5)), Pending)
    assert confirmation.progress == {}
