"""What a stranger may send to the forms of the DAGs: refused by the form or by the first task."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError
from headgate.airflow import job_form, recovery_tasks, run_conf
from headgate.airflow.operation_operator import OperationOperator

PROJECT = Path(__file__).parents[2]
JOBS = [
    "; rm -rf /",
    "device-minutes",
    {"a": "b"},
    [7],
    [["a"]],
    [None],
    ["x" * 81],
    ["a"] * 1001,
    True,
    "{{ 7 * 7 }}",
]
NAMES = ["; rm -rf /", "device-minutes\n", "../flink_jobs", "{{ 7 * 7 }}", "$(id)", "\x00", ""]
FLAGS = ["false", 0, 1, None, [], "{{ true }}"]
SNAPSHOTS = [
    "chk-7", "{{ ds }}", "/a{{ ds }}", "[]", "None", "0", "{}", "/a b", "/a\n/b", " /a", "../a", 7,
    True, ["/a"], "/" + "x" * 2000,
]  # fmt: skip
FORM_KEYS = {
    "provision_topics": "approval_timeout",
    "deploy_job": "jobs",
    "savepoint_job": "jobs",
    "stop_job": "jobs",
    "recover_job": "jobs",
}
Refuses = Callable[..., None]


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    return dict(DagBag(str(PROJECT / "dags")).dags)


@pytest.fixture
def refuses(dags: dict[str, DAG]) -> Refuses:
    """Asserts that the form of a DAG refuses each of the values of a field."""

    def all_of(dag: str, field: str, values: list[Any]) -> None:
        param = dags[dag].params.get_param(field)
        for value in values:
            with pytest.raises(ParamValidationError):
                param.resolve(value)

    return all_of


@pytest.fixture
def sent(dags: dict[str, DAG], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the tasks of a DAG see a configuration, merged with its params as Airflow does it."""

    def send(dag: str, **conf: Any) -> None:
        params = {**dags[dag].params.dump(), **conf}
        context = {"dag": dags[dag], "params": params, "dag_run": SimpleNamespace(conf=conf)}
        for module in (job_form, recovery_tasks, run_conf):
            monkeypatch.setattr(module, "get_current_context", lambda: context)

    return send


def test_apply__hostile_form(refuses: Refuses) -> None:
    """Step: values that are no duration. Expected: the form refuses each of them."""
    values = [
        "{{ 7 * 7 }}",
        "1h; rm -rf /",
        "-1h",
        "1h\x00",
        "9" * 10_000 + "h",
        1,
        True,
        None,
        ["1h"],
    ]
    refuses("provision_topics", "approval_timeout", values)
    refuses("register_schemas", "approval_timeout", values)


def test_deploy__hostile_form(refuses: Refuses) -> None:
    """Step: values that are no list of names. Expected: the form refuses each of them."""
    refuses("deploy_job", "jobs", JOBS)


def test_savepoint__hostile_form(refuses: Refuses) -> None:
    """Step: values that are no list of names, no format. Expected: the form refuses each."""
    refuses("savepoint_job", "jobs", [*JOBS, []])
    refuses("savepoint_job", "format", ["", "native\n", "avro", True, 1, None, ["native"]])


def test_stop__hostile_form(refuses: Refuses) -> None:
    """Step: values that are no list of names, not yes or no. Expected: the form refuses each."""
    refuses("stop_job", "jobs", [*JOBS, []])
    refuses("stop_job", "drain", FLAGS)


def test_recover__hostile_form(refuses: Refuses) -> None:
    """Step: values that are no list of names, no location, not yes or no. Expected: the form
    refuses each of them.
    """
    refuses("recover_job", "jobs", JOBS)
    refuses("recover_job", "from", SNAPSHOTS)
    refuses("recover_job", "accept_age", FLAGS)
    refuses("recover_job", "confirmed", FLAGS)


@pytest.mark.parametrize("location", ["", "/state/chk-7", "s3://state/a-b_c/chk-7", "file:/s/chk"])
def test_location_passes_the_form_and_its_template_unchanged(
    dags: dict[str, DAG], location: str
) -> None:
    dag = dags["recover_job"]
    assert dag.params.get_param("from").resolve(location) == location
    mapped = next(task for task in dag.tasks if task.task_id == "recover")
    options = mapped.partial_kwargs["options"]
    native = dag.render_template_as_native_obj
    alone = DAG("alone", schedule=None, render_template_as_native_obj=native)
    operator = OperationOperator(task_id="x", dag=alone, kind="recover", job="j", options=options)
    params = {"from": location, "accept_age": False, "confirmed": False}

    operator.render_template_fields({"params": params})  # type: ignore[typeddict-item]

    assert (operator.options["from"] or "") == location


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dag", ["deploy_job", "savepoint_job", "stop_job"])
def test_name_that_passes_the_form_is_refused_by_the_first_task(
    sent: Callable[..., None], dag: str, name: str
) -> None:
    sent(dag, jobs=[name])

    with pytest.raises(AirflowFailException, match="there is no job") as refused:
        job_form.chosen_jobs.function()
    assert "Nothing was changed." in str(refused.value)


@pytest.mark.parametrize("dag", FORM_KEYS)
def test_unknown_key_is_refused_by_the_first_task(sent: Callable[..., None], dag: str) -> None:
    sent(dag, **{FORM_KEYS[dag].upper(): ["device-minutes"]})

    with pytest.raises(AirflowFailException, match="unknown keys") as refused:
        run_conf.refuse_unknown_keys()
    assert f"known: {FORM_KEYS[dag]}" in str(refused.value)
