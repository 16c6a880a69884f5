"""check_health: its schedule from headgate.toml, its shape, and what it tells to whom."""

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator
from headgate.airflow.health_tasks import health_schedule
from headgate.airflow.notification import notify_of_failure

DAGS = Path(__file__).parents[2] / "dags"


@pytest.fixture(scope="module")
def dag() -> DAG:
    return DagBag(str(DAGS / "check_health.py")).dags["check_health"]


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("", "*/5 * * * *"),
        ('[health]\nschedule = "*/2 * * * *"', "*/2 * * * *"),
        ('[health]\nschedule = "manual"', None),
        ('health = "soon"', "*/5 * * * *"),
        ("[health", "*/5 * * * *"),
    ],
)
def test_schedule_of_headgate_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, schedule: str | None
) -> None:
    (tmp_path / "headgate.toml").write_text(text)
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))

    assert health_schedule() == schedule


def test_without_a_project_there_is_a_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))

    assert health_schedule() == "*/5 * * * *"


def test_runs_every_few_minutes_one_at_a_time_and_never_catches_up(dag: DAG) -> None:
    assert dag.schedule == "*/5 * * * *"
    assert dag.max_active_runs == 1
    assert dag.catchup is False


def test_looks_then_recovers_then_says_how_it_ended(dag: DAG) -> None:
    tasks = {task.task_id: task for task in dag.tasks}

    assert set(tasks) == {"look_at_jobs", "jobs_to_recover", "recover", "end_of_check"}
    assert tasks["jobs_to_recover"].upstream_task_ids == {"look_at_jobs"}
    assert tasks["recover"].upstream_task_ids == {"jobs_to_recover"}
    assert tasks["end_of_check"].upstream_task_ids == {"recover"}
    assert tasks["end_of_check"].trigger_rule == "all_done", "also where nothing is recovered"
    recover = tasks["recover"]
    assert isinstance(recover, MappedOperator)
    assert recover.partial_kwargs["kind"] == "recover"
    assert recover.partial_kwargs["on_failure_callback"] == [notify_of_failure]
    assert recover.partial_kwargs["skips_busy"], "somebody else is at work on the job by now"
    assert "max_active_tis_per_dag" not in recover.partial_kwargs, "each cluster has its own"
    assert tasks["look_at_jobs"].retries >= 2, "a ledger that is away for a moment is no failure"
