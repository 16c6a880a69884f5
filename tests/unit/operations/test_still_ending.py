"""An end that Flink has begun and does not come to: a person is asked; nobody waits for ever."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from harness.fake_flink import FakeJob
from harness.offline_project import OfflineProject
from headgate.clients.flink import FlinkClient
from headgate.errors import NeedsOperator
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, LeaseRecord
from headgate.operations.ending.cancel_step import CancelJob
from headgate.operations.ending.still_ending import ENDS_WITHIN
from headgate.operations.engine.step import Done, Intention, Look, Pending, Run, Step
from headgate.operations.proving.end_shadow import EndShadow
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint

JOB = JobName("beats-per-second")
LONG_AGO = timedelta(days=1)


def run_of(project: OfflineProject, lease: LeaseRecord) -> Run:
    operation = project.services.ledger.operation(lease.operation_id)
    assert operation is not None
    return Run(operation, lease, project.services, {})


def deployment(run: Run) -> DeploymentRecord:
    return run.services.ledger.deployments(run.job)[0]


def stop(project: OfflineProject, job: FakeJob) -> tuple[Step, dict[str, object]]:
    """Its savepoint is written, and the job has not ended."""
    folder = project.root / "state" / "savepoints" / JOB / "g1" / "s"
    place = folder / "savepoint-1"
    job.triggers["t"] = {"left": 0, "failure": None, "place": place, "at": 0}
    intent = {"flink_job_id": job.id, "line": "2.3", "trigger_id": "t", "folder": f"file:{folder}"}
    return StopWithSavepoint(deployment), intent


def cancel(_: OfflineProject, job: FakeJob) -> tuple[Step, dict[str, object]]:
    job.state = "CANCELLING"
    return CancelJob(deployment), {"flink_job_id": job.id, "line": "2.3"}


def shadow(_: OfflineProject, job: FakeJob) -> tuple[Step, dict[str, object]]:
    job.state = "CANCELLING"
    intent = {"flink_job_id": FlinkJobId(job.id), "line": "2.3", "checkpoints": "/c", "group": "g"}
    return EndShadow(), intent


@pytest.mark.parametrize("begin", [stop, cancel, shadow])
def test_end_is_awaited_from_when_it_was_first_seen_and_not_for_ever(
    project: OfflineProject,
    begin: Callable[[OfflineProject, FakeJob], tuple[Step, dict[str, object]]],
) -> None:
    step, intent = begin(project, project.job(JOB))
    run = run_of(project, project.lease(JOB, "s"))

    def look(progress: dict[str, object]) -> Look:
        return step.look(run, Intention(intent, progress, LONG_AGO))

    first = look({})
    assert isinstance(first, Pending)
    assert first.must_remember
    assert first.progress is not None
    progress = dict(first.progress)
    project.time.at += ENDS_WITHIN - timedelta(seconds=1)
    later = look(progress)
    assert isinstance(later, Pending)
    assert not later.must_remember
    project.time.at += timedelta(seconds=1)

    with pytest.raises(NeedsOperator, match="more than 5 min") as told:
        look(progress)

    assert told.value.still_true
    assert told.value.next_step


def test_stop_that_does_not_end_names_the_savepoint_to_go_on_from(project: OfflineProject) -> None:
    step, intent = stop(project, project.job(JOB))
    run = run_of(project, project.lease(JOB, "s"))
    since = {"ending_since": (project.time.at - ENDS_WITHIN).isoformat()}

    with pytest.raises(NeedsOperator) as told:
        step.look(run, Intention(intent, since, LONG_AGO))

    assert "savepoints/beats-per-second/g1/s/savepoint-1" in told.value.still_true
    assert f"headgate start {JOB} --from " in told.value.next_step


@pytest.mark.parametrize(("by_list", "is_done"), [(False, False), (True, True)])
def test_stop_is_over_when_the_page_of_the_job_says_so_too_except_where_the_list_will_do(
    project: OfflineProject,
    monkeypatch: pytest.MonkeyPatch,
    *,
    by_list: bool,
    is_done: bool,
) -> None:
    """The page may be as old as `web.refresh-interval`; a stop right after would believe it."""
    _, intent = stop(project, project.job(JOB))
    run = run_of(project, project.lease(JOB, "s"))
    monkeypatch.setattr(FlinkClient, "live_jobs_named", lambda *_: [])

    looked = StopWithSavepoint(deployment, by_list=by_list).look(
        run, Intention(intent, {}, LONG_AGO)
    )

    assert isinstance(looked, Done) is is_done
