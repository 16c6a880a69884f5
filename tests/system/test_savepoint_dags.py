"""The savepoint DAGs on a running Airflow: what is due is taken, told as asset, and retained."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from harness.beats import Beats
from harness.own_airflow import OwnAirflow, own_airflow
from harness.waiting import until
from headgate.ids import JobName
from headgate.ledger.records import SnapshotRecord

pytestmark = pytest.mark.slow

LINE = "2.3"
PATIENCE = 600.0


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnAirflow]:
    folder = tmp_path_factory.mktemp("savepoint-dags") / "project"
    with own_airflow(folder, without=["flink-2.2"]) as airflow:
        yield airflow
        airflow.project.end_all_jobs()


@pytest.fixture(scope="module")
def beats(airflow: OwnAirflow) -> Iterator[Beats]:
    """A live job whose savepoint is always due, and one that was never deployed."""
    policy = {"every": "10s", "keep": 1, "prove": True}
    name = f"beats-{uuid4().hex[:6]}"
    beats = Beats(airflow.project, name, flink=LINE, savepoint=policy)
    Beats(airflow.project, f"{name}-idle", flink=LINE)
    applied = airflow.project.run("apply", "--yes", timeout=PATIENCE)
    assert applied.code == 0, applied.err
    with beats.beating():
        deployed = airflow.project.run("deploy", beats.job, timeout=PATIENCE)
        assert deployed.code == 0, deployed.err
        yield beats


def recorded(airflow: OwnAirflow, beats: Beats) -> list[SnapshotRecord]:
    return list(airflow.project.services.ledger.snapshots(JobName(beats.job)))


def events(airflow: OwnAirflow, dag_id: str, run: str) -> list[dict[str, Any]]:
    answer = airflow.api._request("GET", f"/api/v2/assets/events?source_dag_id={dag_id}")
    assert answer.ok, answer.text
    return [one for one in answer.json()["asset_events"] if one["source_run_id"] == run]


def labels(airflow: OwnAirflow, dag_id: str, run: str) -> dict[str, str | None]:
    """State of each mapped task by the job that it is about."""
    return {task.label: task.state for task in airflow.api.tasks(dag_id, run)}


def test_dag_files_are_all_parsed(airflow: OwnAirflow) -> None:
    for dag_id in ("savepoint_job", "savepoint_jobs", "prove_savepoints"):
        until(lambda: airflow.api.has_dag(dag_id), seconds=120, what=f"{dag_id} is parsed")  # noqa: B023
    assert airflow.api.import_errors() == {}


def test_due_job_gets_a_savepoint_and_an_asset_event(airflow: OwnAirflow, beats: Beats) -> None:
    before = len(recorded(airflow, beats))

    run, state = airflow.run("savepoint_jobs")

    log = airflow.log("savepoint_jobs", run, "jobs_due_for_savepoint")
    assert state == "success", labels(airflow, "savepoint_jobs", run)
    assert f"{beats.job}: due since" in log
    assert "-idle-out: not deployed" in log
    assert labels(airflow, "savepoint_jobs", run)[beats.job] == "success"
    newest = recorded(airflow, beats)[0]
    assert newest.origin == "scheduled"
    assert before in (0, 1)
    (event,) = events(airflow, "savepoint_jobs", run)
    assert event["name"] == f"savepoint/{beats.job}"
    assert event["extra"]["location"] == newest.location
    assert event["extra"]["size_bytes"] == newest.size_bytes


def test_next_run_takes_the_next_and_disposes_of_the_one_before(
    airflow: OwnAirflow, beats: Beats
) -> None:
    before = recorded(airflow, beats)[0]

    run, state = airflow.run("savepoint_jobs")

    assert state == "success", labels(airflow, "savepoint_jobs", run)
    (left,) = recorded(airflow, beats)
    assert left.location != before.location


def test_newest_savepoint_is_proven(airflow: OwnAirflow, beats: Beats) -> None:
    run, state = airflow.run("prove_savepoints")

    log = airflow.log("prove_savepoints", run, "jobs_due_for_proof")
    assert state == "success", log
    assert any(record.proven_at is not None for record in recorded(airflow, beats))
    assert "savepoint.prove is not set" in log


def test_savepoint_on_demand_in_the_format_of_the_form(airflow: OwnAirflow, beats: Beats) -> None:
    run, state = airflow.run("savepoint_job", jobs=[beats.job], format="native")

    assert state == "success"
    taken = [one for one in recorded(airflow, beats) if one.origin == "on_demand"]
    assert [one.format for one in taken] == ["native"]
    (event,) = events(airflow, "savepoint_job", run)
    assert (event["name"], event["extra"]["format"]) == (f"savepoint/{beats.job}", "native")


def test_live_job_is_whole_after_all_of_it(airflow: OwnAirflow, beats: Beats) -> None:
    assert len(airflow.project.live(beats.job, LINE)) == 1
    assert beats.assert_every_window_once() > 20
