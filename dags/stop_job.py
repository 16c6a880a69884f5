"""Stop jobs with a savepoint, from which the next deployment continues."""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import chosen_jobs, jobs_param
from headgate.airflow.operation_operator import OperationOperator

with DAG(
    dag_id="stop_job",
    description="Stop Flink jobs with a savepoint",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={"jobs": jobs_param("Jobs to stop.", at_least_one=True)},
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="stop", kind="stop", map_index_template="{{ task.job }}"
    ).expand(job=chosen_jobs())
