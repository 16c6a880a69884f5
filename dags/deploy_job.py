"""Bring declared jobs about and wait until they are healthy."""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import chosen_jobs, jobs_param
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.snapshot_params import accept_age_param, runs_nowhere_param

OPTIONS = {
    "accept_age": "{{ params.accept_age }}",
    "runs_nowhere": "{{ params.runs_nowhere }}",
}

with DAG(
    dag_id="deploy_job",
    description="Deploy Flink jobs from flink_jobs/ and wait until they are healthy",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to deploy; all declared jobs if none is chosen."),
        "accept_age": accept_age_param(),
        "runs_nowhere": runs_nowhere_param(),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="deploy",
        kind="deploy",
        options=OPTIONS,
        max_active_tis_per_dagrun=2,
        map_index_template="{{ task.job }}",
    ).expand(job=chosen_jobs())
