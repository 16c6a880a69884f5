"""Every DAG file loads without network, serialises, and keeps the rules of its kind."""

import socket
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from headgate.airflow.approval import PlanApproval
from headgate.airflow.notification import notify_of_failure
from headgate.airflow.operation_operator import OperationOperator
from headgate.operations.engine.running import operation_of

PROJECT = Path(__file__).parents[2]
EXPECTED = {
    "cancel_job",
    "check_drift",
    "check_health",
    "deploy_job",
    "prove_savepoints",
    "provision_topics",
    "recover_job",
    "register_schemas",
    "rescale_job",
    "rollback_job",
    "savepoint_job",
    "savepoint_jobs",
    "start_job",
    "stop_job",
    "upgrade_job",
}


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    """All DAGs, loaded with the network cut off and pyflink out of reach."""
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _refuse)
    patch.setitem(sys.modules, "pyflink", None)
    bag = DagBag(str(PROJECT / "dags"))
    patch.undo()
    assert bag.import_errors == {}
    return dict(bag.dags)


def _refuse(*arguments: object) -> None:
    raise AssertionError(f"a DAG file opened a connection while it was parsed: {arguments}")


def _operations(dag: DAG) -> list[OperationOperator | MappedOperator]:
    return [
        task
        for task in dag.tasks
        if isinstance(task, OperationOperator)
        or (isinstance(task, MappedOperator) and issubclass(task.operator_class, OperationOperator))
    ]


def test_every_dag_file_gives_the_dag_of_its_name(dags: dict[str, DAG]) -> None:
    assert set(dags) == {file.stem for file in (PROJECT / "dags").glob("*.py")}
    assert set(dags) >= EXPECTED


def test_every_dag_serialises(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        dag.validate()
        DagSerialization.to_dict(dag)


def test_every_dag_says_what_it_does_and_runs_one_at_a_time(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert dag.description, dag.dag_id
        assert dag.doc_md, dag.dag_id
        assert "headgate" in dag.tags, dag.dag_id
        assert dag.max_active_runs == 1, dag.dag_id


def test_every_dag_file_is_a_few_lines() -> None:
    for file in (PROJECT / "dags").glob("*.py"):
        assert len(file.read_text().splitlines()) <= 40, file


def test_every_task_that_waits_is_retried_so_that_it_attaches_again(dags: dict[str, DAG]) -> None:
    tasks = [task for dag in dags.values() for task in _operations(dag)]
    assert tasks
    for task in tasks:
        assert task.retries >= 2


def test_every_operation_task_names_an_operation_that_exists(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        for task in _operations(dag):
            kind = task.partial_kwargs["kind"] if isinstance(task, MappedOperator) else task.kind
            assert operation_of(kind).kind == kind


@pytest.mark.parametrize("dag_id", ["provision_topics", "register_schemas"])
def test_contract_dag_shows_asks_and_applies(dags: dict[str, DAG], dag_id: str) -> None:
    dag = dags[dag_id]
    tasks = {task.task_id: task for task in dag.tasks}

    assert set(tasks) == {"show_plan", "approve", "apply_shown"}
    assert tasks["approve"].upstream_task_ids == {"show_plan"}
    assert tasks["apply_shown"].upstream_task_ids == {"show_plan", "approve"}
    assert isinstance(tasks["approve"], PlanApproval)
    assert tasks["approve"].defaults == ["Reject"]
    assert all(task.trigger_rule == "all_success" for task in dag.tasks)
    assert all(task.retries >= 2 for task in dag.tasks)
    assert dag.schedule is None
    assert set(dag.params) == {"approval_timeout"}


@pytest.mark.parametrize("wrong", ["soon", "0s", "24", "24h ", "9999999d", 24])
def test_contract_dag_form_takes_durations_only(dags: dict[str, DAG], wrong: object) -> None:
    param = dags["provision_topics"].params.get_param("approval_timeout")

    assert param.resolve("30m") == "30m"
    with pytest.raises(ParamValidationError):
        param.resolve(wrong)


def test_check_drift_is_scheduled_does_not_catch_up_and_tells(dags: dict[str, DAG]) -> None:
    dag = dags["check_drift"]
    (task,) = dag.tasks

    assert dag.schedule == "@hourly"
    assert dag.catchup is False
    assert task.retries >= 2, "a server that is away for a moment is no drift"
    assert task.on_failure_callback == [notify_of_failure]


def test_form_offers_the_declared_jobs(dags: dict[str, DAG]) -> None:
    offered = dags["deploy_job"].params.get_param("jobs").schema["examples"]
    folders = {file.parent.name for file in (PROJECT / "flink_jobs").glob("*/job.yaml")}
    assert set(offered) == folders


def test_package_does_not_leak_into_sys_modules_under_bare_stems() -> None:
    """Airflow executes each file below plugins/ under its stem, unless .airflowignore says no."""
    from airflow import plugins_manager

    assert "headgate/" in (PROJECT / "plugins" / ".airflowignore").read_text().splitlines()
    before = set(sys.modules)
    plugins_manager._get_plugins()
    stems = {file.stem for file in (PROJECT / "plugins" / "headgate").rglob("*.py")}
    leaked = (set(sys.modules) - before) & (stems - {"__init__"})
    assert leaked == set()
    assert AirflowPlugin is not None
