"""Start jobs that were stopped or cancelled: what ran last, from the newest or a named snapshot."""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import jobs_param
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.recovery_tasks import deployed_jobs
from headgate.airflow.snapshot_params import RESTORE_OPTIONS, restore_params

with DAG(
    dag_id="start_job",
    description="Start stopped or cancelled Flink jobs again, from a snapshot",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to start.", at_least_one=True),
        **restore_params(),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="start", kind="start", options=RESTORE_OPTIONS, map_index_template="{{ task.job }}"
    ).expand(job=deployed_jobs())
