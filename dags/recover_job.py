"""Bring missing or failing jobs back: what ran last, from the newest usable snapshot.

With no job chosen, all that are missing or failing: so after the loss of a JobManager.
"""

from airflow.sdk import DAG, Param
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import jobs_param
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.recovery_tasks import chosen_or_lost_jobs
from headgate.airflow.snapshot_params import agreed_param, snapshot_param

OPTIONS = {
    "from": "{{ params['from'] }}",
    "accept_age": "{{ params.accept_age }}",
    "confirmed": "{{ params.confirmed }}",
}

with DAG(
    dag_id="recover_job",
    description="Bring missing or failing Flink jobs back from their newest usable snapshot",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to recover; all missing or failing ones if none is chosen."),
        "accept_age": Param(
            default=False, type="boolean", title="Also from an older one than max_age"
        ),
        "from": snapshot_param(),
        "confirmed": agreed_param(),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="recover", kind="recover", options=OPTIONS, map_index_template="{{ task.job }}"
    ).expand(job=chosen_or_lost_jobs())
