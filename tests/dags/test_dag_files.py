"""Every DAG file loads without network, serialises, and keeps the rules of its kind."""

import socket
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.serialization.serialized_objects import DagSerialization
from headgate.airflow.operation_operator import OperationOperator
from headgate.operations.engine.running import operation_of

PROJECT = Path(__file__).parents[2]
EXPECTED = {"deploy_job", "provision_topics", "register_schemas", "stop_job"}


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
        or (isinstance(task, MappedOperator) and task.operator_class is OperationOperator)
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
