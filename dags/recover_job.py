"""Bring missing or failing jobs back: what ran last, from the newest usable snapshot.

With no job chosen, all that are missing or failing: so after the loss of a JobManager.
"""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import jobs_param
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.recovery_tasks import chosen_or_lost_jobs
from headgate.airflow.snapshot_params import RESTORE_OPTIONS, restore_params

with DAG(
    dag_id="recover_job",
    description="Bring missing or failing Flink jobs back from their newest usable snapshot",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to recover; all missing or failing ones if none is chosen."),
        **restore_params(),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="recover",
        kind="recover",
        options=RESTORE_OPTIONS,
        map_index_template="{{ task.job }}",
    ).expand(job=chosen_or_lost_jobs())
