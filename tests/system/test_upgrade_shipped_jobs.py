"""The five shipped jobs go from one Flink line to the other by the DAG `upgrade_job`, both ways.

Readings flow all the time, and a person approves each upgrade through Airflow's REST API. The judge
is the oracle of the demo: it computes anew, from the readings alone, what each job must publish,
and compares values. What it tolerates: a reading that came after the bound of the watermark may
have been dropped or counted, because the partitions' watermarks decide about that; averages may
differ by their last bits; a time-out of `stuck-sensors` may take 30 s until it is noticed. A result
that is missing, published twice, or made of a part of its readings only, is none of these.

Between the two ways the jobs are rolled back, so what is judged in the end are three changes of
the line for each job, without a pause in the readings.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from harness.own_airflow import OwnAirflow, own_airflow
from harness.shipped_jobs import LONGEST_WINDOW, SPANS, ShippedJobs, shipped_jobs
from headgate.demo.oracle.arrival import WATERMARK_DELAY
from headgate.ids import JobName
from headgate.ledger.records import Json, OperationRecord
from headgate.plan.way_of_cut_over import WAYS, Way

pytestmark = pytest.mark.slow

OLD, NEW = "2.2", "2.3"
DAG = "upgrade_job"
QUIET = timedelta(minutes=3)
POLICY = {
    "upgrade": {"soak": "10s"},
    "health": {"checkpoints": 1, "deadline": "10m"},
}


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnAirflow]:
    folder = tmp_path_factory.mktemp("shipped") / "project"
    with own_airflow(folder, without=(), patience=15) as airflow:
        yield airflow


@pytest.fixture(scope="module")
def jobs(airflow: OwnAirflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedJobs]:
    log = tmp_path_factory.mktemp("fleet") / "fleet.log"
    with shipped_jobs(airflow, log, **POLICY) as jobs:
        jobs.await_steady(QUIET)
        yield jobs


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.replace(" ", "-"))
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


def last_upgrade(jobs: ShippedJobs, job: JobName) -> OperationRecord:
    return next(one for one in jobs.services.ledger.operations(job) if one.kind == "upgrade")


def evidence(jobs: ShippedJobs, operation: OperationRecord) -> dict[str, Json]:
    steps = jobs.services.ledger.steps(operation.id)
    return {step.name: step.evidence for step in steps}


def instant_of(jobs: ShippedJobs, operation: OperationRecord) -> int:
    """Event time, epoch ms, up to which the results came from the old version."""
    found = evidence(jobs, operation)
    if found["decide"]["way"] == "hand-over":
        return int(found["cut_over.agree"]["instant"])
    stopped_at = datetime.fromisoformat(found["cut_over.stop"]["taken_at"])
    return round(stopped_at.timestamp() * 1000) - WATERMARK_DELAY


@pytest.mark.parametrize("job", SPANS)
def test_approved_upgrade(
    airflow: OwnAirflow, jobs: ShippedJobs, way: Way, job: JobName, record_property: Any
) -> None:
    """By hand-over, which nobody asks for, no pause is longer than in the quiet time before."""
    if jobs.latest(job).line != OLD:
        run, state = airflow.run("rollback_job", job=job)
        assert state == "success", airflow.log("rollback_job", run, "rollback")
        jobs.await_result(job, time.time())
    assert jobs.latest(job).line == OLD
    asked = "" if way == "hand-over" else way
    began = time.time()
    run = airflow.start(DAG, job=job, line=NEW, way=asked, again=True)
    airflow.answer(DAG, run, airflow.question(DAG, run), "Approve")
    approved = time.time()

    assert airflow.end(DAG, run) == "success", airflow.log(DAG, run, "carry_out")
    ended = time.time()

    operation, latest = last_upgrade(jobs, job), jobs.latest(job)
    decision = jobs.services.ledger.decision(operation.id)
    assert (operation.state, latest.line, latest.state) == ("succeeded", NEW, "healthy")
    assert evidence(jobs, operation)["decide"]["way"] == way
    assert decision is not None
    assert (decision.is_approved, decision.decided_by) == (True, airflow.user)
    jobs.await_result(job, ended)
    usual = jobs.usual_pause_seconds(job, began)
    pause = jobs.arrivals[job].longest_whole_pause_seconds(approved, ended)
    record_property("usual", usual)
    record_property("prepared", jobs.arrivals[job].longest_whole_pause_seconds(began, approved))
    record_property("pause", pause)
    record_property("minutes", (ended - began) / 60)
    if way == "hand-over":
        assert pause < 1.5 * usual


def test_every_result_is_published_once_and_whole(
    jobs: ShippedJobs, way: Way, record_property: Any
) -> None:
    moved = [job for job in SPANS if jobs.latest(job).line == NEW]
    instants = {job: instant_of(jobs, last_upgrade(jobs, job)) for job in moved}
    jobs.await_event_time(max(instants.values()) / 1000 + LONGEST_WINDOW.total_seconds())

    verdicts = jobs.verdicts()

    assert set(verdicts) == set(SPANS)
    for job, verdict in verdicts.items():
        record_property(job, verdict.windows_due)
        assert verdict.windows_due > 0, job
        assert (verdict.lost, verdict.repeated, verdict.wrong) == (0, 0, 0), (job, verdict)
    for job, instant in instants.items():
        across = jobs.across(job, instant)
        record_property(f"{job}, across the cut-over", across)
        assert across > 0, job
