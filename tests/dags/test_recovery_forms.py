"""What the forms of the DAGs around recovery hand to their operations keeps its type."""

from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from headgate.airflow.operation_operator import OperationOperator

PROJECT = Path(__file__).parents[2]
FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "recover_job": (
        {"from": "", "accept_age": True, "confirmed": False, "runs_nowhere": False},
        {"from": "", "accept_age": True, "confirmed": False, "runs_nowhere": False},
    ),
    "start_job": (
        {"from": "file:/state/7", "accept_age": False, "confirmed": True, "runs_nowhere": True},
        {"from": "file:/state/7", "accept_age": False, "confirmed": True, "runs_nowhere": True},
    ),
    "deploy_job": (
        {"accept_age": True, "runs_nowhere": False},
        {"accept_age": True, "runs_nowhere": False},
    ),
    "cancel_job": ({"discard_state": False}, {"discard_state": False}),
    "rescale_job": ({"parallelism": 2}, {"parallelism": 2}),
    "stop_job": ({"drain": False}, {"drain": False}),
}


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    return dict(DagBag(str(PROJECT / "dags")).dags)


@pytest.mark.parametrize("name", FORMS)
def test_options_have_the_types_of_the_form(dags: dict[str, DAG], name: str) -> None:
    dag, (sent, wanted) = dags[name], FORMS[name]
    mapped = next(task for task in dag.tasks if task.task_id == name.removesuffix("_job"))
    operator = OperationOperator(
        task_id="rendered",
        dag=dag,
        kind="stop",
        job="device-minutes",
        options=mapped.partial_kwargs["options"],
    )

    operator.render_template_fields({"params": sent})  # type: ignore[typeddict-item]

    assert operator.job == "device-minutes"
    got = {key: value or "" if key == "from" else value for key, value in operator.options.items()}
    assert got == wanted
    assert {type(value) for value in got.values()} == {type(value) for value in wanted.values()}


@pytest.mark.parametrize("name", FORMS)
def test_nothing_dangerous_is_chosen_before_a_person_does(dags: dict[str, DAG], name: str) -> None:
    params = dags[name].params.dump()
    assert not any(
        params[key]
        for key in ("drain", "discard_state", "confirmed", "accept_age", "from", "runs_nowhere")
        if key in params
    )
