"""What one operation does where another one was given up while its effect was under way."""

from datetime import timedelta

import pytest
from harness.fake_flink import FakeJob
from harness.offline_project import ENVIRONMENT, LINE, OfflineProject
from headgate.errors import NeedsOperator, Rejected, Unavailable
from headgate.ids import FlinkJobId, JobName, OperationId, flink_job_id
from headgate.operations.abandon import abandon
from headgate.operations.deployment import submit_step
from headgate.operations.deployment.driver_turn import only_driver_of
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.engine.step import Absent, Intention, Pending, Run
from headgate.operations.open_operation import whole_operation
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint

JOB = JobName("beats-per-second")


def run_of(project: OfflineProject, kind: str, name: str = "op", **evidence: object) -> Run:
    services = project.services
    lease = project.lease(JOB, name, kind=kind)
    operation = services.ledger.operation(lease.operation_id)
    assert operation is not None
    return Run(operation, lease, services, dict(evidence))  # type: ignore[arg-type]


def third_submission(project: OfflineProject) -> tuple[Run, Intention]:
    """An attempt 3; attempt 2 is that of the operation that was given up."""
    plan = {"generation": 1, "attempt": 3, "spec_digest": "s", "plan_digest": None}
    staged = {"digest": "a", "folder": str(project.root)}
    run = run_of(project, "recover", plan=plan, stage=staged)
    intent = {
        "flink_job_id": flink_job_id(ENVIRONMENT, JOB, 1, 3),
        "generation": 1,
        "attempt": 3,
        "line": LINE,
        "parallelism": 1,
        "restore_from": None,
        "driver": "driver.py",
        "binding": str(project.root / "binding.json"),
    }
    return run, Intention(intent, {}, timedelta(0))


def test_job_that_an_abandoned_operation_has_submitted_is_not_doubled(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its driver went on in the JobManager while the next operation waited for its turn."""
    project.job(JOB).state = "FAILED"
    other = flink_job_id(ENVIRONMENT, JOB, 1, 2)
    project.flink.jobs[other] = FakeJob(other, JOB)
    monkeypatch.setattr(submit_step, "refuse_changed", lambda _run: None)
    run, intention = third_submission(project)
    assert isinstance(Submit().look(run, intention), Absent)

    with pytest.raises(Rejected, match=f"runs already as {other}"):
        Submit().act(run, intention)

    recorded = [one.flink_job_id for one in project.services.ledger.deployments(JOB)]
    assert intention.intent["flink_job_id"] not in recorded
    with only_driver_of(run, project.services.flink(LINE)):
        """The turn was given back."""


def test_submission_records_the_cluster_that_it_went_to(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.job(JOB).state = "FAILED"
    monkeypatch.setattr(submit_step, "refuse_changed", lambda _run: None)
    monkeypatch.setattr(submit_step, "run_driver", lambda *_: None)
    run, intention = third_submission(project)

    Submit().act(run, intention)

    job_id = FlinkJobId(intention.intent["flink_job_id"])
    assert project.services.ledger.deployment(JOB, job_id).cluster == project.flink.address


def test_driver_of_a_dead_attempt_is_waited_for_by_the_same_operation_too(
    project: OfflineProject,
) -> None:
    """It may run for two minutes in the JobManager; a second one would end it."""
    project.job(JOB)
    client = project.services.flink(LINE)
    run = run_of(project, "deploy")

    class Killed(BaseException):
        pass

    def dies() -> None:
        with only_driver_of(run, client):
            raise Killed

    with pytest.raises(Killed):
        dies()
    again = run_of(project, "deploy")
    with pytest.raises(Unavailable), only_driver_of(again, client):
        pytest.fail("it had the turn while the driver before may run")
    project.time.at += timedelta(minutes=2)
    with only_driver_of(again, client):
        """By then no driver runs."""


def stop_intention(project: OfflineProject) -> tuple[StopWithSavepoint, Run, Intention]:
    step = StopWithSavepoint(lambda run: run.services.ledger.deployments(JOB)[0])
    run = run_of(project, "stop")
    return step, run, Intention(step.intend(run), {}, timedelta(0))


def test_stop_waits_while_another_savepoint_is_written(project: OfflineProject) -> None:
    job = project.job(JOB)
    step, run, intention = stop_intention(project)
    job.savepoint_under_way = True
    looked = step.look(run, intention)
    assert isinstance(looked, Pending)
    assert "another savepoint" in looked.note

    job.savepoint_under_way = False
    assert isinstance(step.look(run, intention), Absent)


def test_job_that_another_stop_has_ended_is_told_with_its_savepoint(
    project: OfflineProject,
) -> None:
    job = project.job(JOB)
    place = project.savepoint(JOB, project.time.at).location
    step, run, intention = stop_intention(project)
    job.state = "FINISHED"
    job.latest = {
        "external_path": place,
        "trigger_timestamp": 0,
        "end_to_end_duration": 1,
        "latest_ack_timestamp": 0,
    }

    with pytest.raises(NeedsOperator, match="has ended as FINISHED") as caught:
        step.look(run, intention)

    assert f"headgate recover {JOB} --from {place}" in caught.value.next_step
    job.latest = None
    with pytest.raises(NeedsOperator) as caught:
        step.look(run, intention)
    assert "deploy" not in caught.value.next_step
    assert "find the savepoint" in caught.value.next_step


def test_abandoning_a_begun_step_says_that_its_effect_may_yet_come(
    project: OfflineProject,
) -> None:
    project.job(JOB)
    services = project.services
    lease = project.lease(JOB, "stop", kind="stop")
    services.ledger.intend_step(lease, "stop", 0, {})
    operation = services.ledger.operation(OperationId(lease.operation_id))
    assert operation is not None

    ended = abandon(services, whole_operation(services.ledger, operation), "somebody")

    assert ended.reason == (
        "abandoned by somebody in its step stop, whose effect may have happened, or may yet"
    )
