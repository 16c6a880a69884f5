"""Give running jobs another parallelism: in place where the scheduler can, else by a restart."""

from airflow.sdk import DAG, Param
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import jobs_param
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.recovery_tasks import deployed_jobs

with DAG(
    dag_id="rescale_job",
    description="Change the parallelism of running Flink jobs",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    render_template_as_native_obj=True,
    params={
        "jobs": jobs_param("Jobs to rescale.", at_least_one=True),
        "parallelism": Param(1, type="integer", minimum=1, maximum=32768, title="Parallelism"),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    OperationOperator.partial(
        task_id="rescale",
        kind="rescale",
        options={"parallelism": "{{ params.parallelism }}"},
        map_index_template="{{ task.job }}",
    ).expand(job=deployed_jobs())
