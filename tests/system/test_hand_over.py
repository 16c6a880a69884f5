"""Upgrades by hand-over between two real Flink lines, and back, with records flowing all the time.

Both versions run side by side for a while. What is published in all is compared with what plain
Python expects of the same records.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from harness.beats import Beats
from harness.faults.live_job import LiveJob, live_job
from harness.own_stack import OwnStack, own_stack
from harness.pauses import Arrivals
from harness.python_beats import PythonBeats
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Event

pytestmark = pytest.mark.slow

OLD, NEW = "2.2", "2.3"
POLICY = {"soak": "5s", "approval": False, "rehearse": False}
HEALTH = {"checkpoints": 1, "deadline": "4m"}


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("upgrade", OLD, also=NEW) as stack:
        yield stack


@pytest.fixture(scope="module", params=[Beats, PythonBeats], ids=["sql", "python"])
def at_work(
    stack: OwnStack, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LiveJob]:
    with live_job(
        stack.environment,
        OLD,
        tmp_path_factory.mktemp("handover"),
        lines=(OLD, NEW),
        beats=request.param,
        at_most=2,
        upgrade=POLICY,
        health=HEALTH,
    ) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    """The live job, running on the old line."""
    at_work.bring_back()
    if at_work.latest.line != OLD:
        at_work.run("upgrade", _nobody, to=OLD, again=True)
    assert at_work.assert_one_healthy().line == OLD
    at_work.await_checkpoints(2)
    return at_work


def evidence(job: LiveJob, operation: OperationRecord) -> dict[str, Json]:
    return {step.name: step.evidence for step in job.services.ledger.steps(operation.id)}


def _nobody(_event: Event) -> None:
    """Listen to nothing."""


def test_upgrade_by_hand_over_and_back_publishes_each_window_once_without_a_pause(
    job: LiveJob, record_property: Any
) -> None:
    before = job.latest
    arrivals = Arrivals(job.services.environment.settings.kafka, job.name)
    with arrivals.watched():
        job.await_results(3)
        began = time.time()
        operation = job.run("upgrade", _nobody, to=NEW)
        handed_over = time.time()
        back = job.run("rollback")
        ended = time.time()

    found, now = evidence(job, operation), job.assert_one_healthy()
    assert found["decide"]["way"] == "hand-over", found["decide"]
    assert operation.state == "succeeded"
    assert evidence(job, back)["outcome"]["exact"] is True
    assert (now.line, now.generation) == (OLD, before.generation + 2)
    pinned = {one.location for one in job.services.ledger.snapshots(job.name) if one.pinned}
    assert pinned >= {found["cut_over.savepoint"]["location"], found["cut_over.stop"]["location"]}
    job.await_results(3)
    job.assert_exactly_once()
    record_property("upgrade", arrivals.longest_pause_seconds(began, handed_over))
    record_property("rollback", arrivals.longest_pause_seconds(handed_over, ended))


def test_job_that_was_handed_over_is_deployed_recovered_and_upgraded_as_any_other(
    job: LiveJob,
) -> None:
    """Its sinks keep their ids and its transactions their prefix from then on."""
    job.run("upgrade", _nobody, to=NEW)
    job.declare(flink=NEW, checkpoint_interval="700ms")
    job.run("deploy")
    assert job.assert_one_healthy().line == NEW
    job.await_results(2)
    job.cancel_in_flink()
    job.run("recover")
    job.await_results(2)
    job.assert_exactly_once()
    job.run("upgrade", _nobody, to=OLD, way="stop and restore", again=True)
    assert job.assert_one_healthy().line == OLD
    job.declare()
    job.await_results(2)
    job.assert_exactly_once()


def test_change_of_configuration_is_handed_over_on_the_same_line(job: LiveJob) -> None:
    before = job.latest
    job.declare(checkpoint_interval="900ms")

    operation = job.run("upgrade", _nobody)

    found, now = evidence(job, operation), job.assert_one_healthy()
    assert found["decide"]["way"] == "hand-over", found["decide"]
    assert (now.line, now.generation) == (OLD, before.generation + 1)
    job.assert_deploy_plans_nothing()
    job.declare()
    job.await_results(2)
    job.assert_exactly_once()


def test_ten_hand_overs_up_and_down_lose_and_repeat_nothing(job: LiveJob) -> None:
    for _ in range(5):
        job.run("upgrade", _nobody, to=NEW)
        assert job.assert_one_healthy().line == NEW
        back = job.run("rollback")
        assert evidence(job, back)["outcome"]["exact"] is True
        assert job.assert_one_healthy().line == OLD
        job.assert_exactly_once()
