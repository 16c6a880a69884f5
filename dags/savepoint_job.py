"""Take a savepoint of running jobs, which go on running."""

from airflow.sdk import DAG, Param
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import chosen_jobs, jobs_param
from headgate.airflow.savepoint_operator import SAVEPOINTS, SavepointOperator

with DAG(
    dag_id="savepoint_job",
    description="Take a savepoint of Flink jobs that go on running",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={
        "jobs": jobs_param("Jobs to take a savepoint of.", at_least_one=True),
        "format": Param("policy", type="string", enum=["policy", "canonical", "native"]),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "savepoints"],
):
    SavepointOperator.partial(
        task_id="savepoint",
        kind="savepoint",
        options={"format": "{{ params.format }}"},
        outlets=[SAVEPOINTS],
        map_index_template="{{ task.job }}",
    ).expand(job=chosen_jobs())
