"""An upgrade from a running Airflow: the plan is shown, a person decides, the rest follows."""

from collections.abc import Iterator

import pytest
from harness.faults.live_job import LiveJob
from harness.own_airflow import OwnAirflow, own_airflow
from harness.own_stack import own_stack
from headgate.ledger.records import OperationRecord

pytestmark = pytest.mark.slow

OLD, NEW = "2.2", "2.3"
DAG = "upgrade_job"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnAirflow]:
    folder = tmp_path_factory.mktemp("upgrade-dag") / "project"
    with own_stack("upgrade", OLD, also=NEW) as stack, own_airflow(folder) as running:
        running.project.move_to(stack.environment)
        yield running


@pytest.fixture(scope="module")
def job(airflow: OwnAirflow) -> Iterator[LiveJob]:
    policy = {"upgrade": {"soak": "5s"}, "health": {"checkpoints": 1, "deadline": "4m"}}
    job = LiveJob(airflow.project, OLD, (OLD, NEW), **policy)
    with job.at_work():
        yield job
    airflow.project.end_all_jobs()


def last(job: LiveJob, kind: str) -> OperationRecord:
    return next(one for one in job.services.ledger.operations(job.name) if one.kind == kind)


def test_refused_upgrade_leaves_everything_as_it_was(airflow: OwnAirflow, job: LiveJob) -> None:
    before = job.assert_one_healthy()
    run = airflow.start(DAG, job=job.name, line=NEW)

    question = airflow.question(DAG, run)
    assert "**Rehearsal:** passed" in question.body
    assert "**Expected gap:**" in question.body
    airflow.answer(DAG, run, question, "Reject")

    assert airflow.end(DAG, run) == "failed"
    ended = last(job, "upgrade")
    assert (ended.state, f"refused by {airflow.user}" in ended.reason) == ("failed", True), ended
    assert job.assert_one_healthy() == before
    job.assert_exactly_once()


def test_approved_upgrade_and_its_rollback(airflow: OwnAirflow, job: LiveJob) -> None:
    run = airflow.start(DAG, job=job.name, line=NEW)
    airflow.answer(DAG, run, airflow.question(DAG, run), "Approve")

    assert airflow.end(DAG, run) == "success", airflow.log(DAG, run, "carry_out")
    assert job.assert_one_healthy().line == NEW
    decision = job.services.ledger.decision(last(job, "upgrade").id)
    assert decision is not None
    assert (decision.is_approved, decision.decided_by) == (True, airflow.user)
    job.await_results(2)
    job.assert_exactly_once()

    run, state = airflow.run("rollback_job", job=job.name)

    assert state == "success", airflow.log("rollback_job", run, "rollback")
    assert job.assert_one_healthy().line == OLD
    assert job.evidence(last(job, "rollback"), "outcome")["exact"] is True
    job.await_results(2)
    job.assert_exactly_once()


def test_unknown_job_is_refused_before_anything(airflow: OwnAirflow, job: LiveJob) -> None:
    run, state = airflow.run(DAG, job="nobody", line=NEW)

    assert state == "failed"
    assert "nobody" in airflow.log(DAG, run, "chosen_upgrade")
    assert job.services.ledger.running_operation(job.name) is None
