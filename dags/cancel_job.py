"""End jobs at once, without a savepoint; each continues from its retained checkpoint later."""

from airflow.sdk import DAG, Param
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import jobs_param
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.recovery_tasks import deployed_jobs

DISCARD = "Also a job without a checkpoint, whose state is then gone"

with DAG(
    dag_id="cancel_job",
    description="Cancel Flink jobs and keep their retained checkpoints",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to cancel.", at_least_one=True),
        "discard_state": Param(default=False, type="boolean", title=DISCARD),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="cancel",
        kind="cancel",
        options={"discard_state": "{{ params.discard_state }}"},
        map_index_template="{{ task.job }}",
    ).expand(job=deployed_jobs())
