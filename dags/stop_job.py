"""Stop jobs with a savepoint, from which the next deployment continues."""

from airflow.sdk import DAG, Param
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import chosen_jobs, jobs_param
from headgate.airflow.operation_operator import OperationOperator

DRAIN = "Drain: publish every open window first. For good, nothing continues from it by itself"

with DAG(
    dag_id="stop_job",
    description="Stop Flink jobs with a savepoint",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to stop.", at_least_one=True),
        "drain": Param(default=False, type="boolean", title=DRAIN),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="stop",
        kind="stop",
        options={"drain": "{{ params.drain }}"},
        map_index_template="{{ task.job }}",
    ).expand(job=chosen_jobs())
