"""Look at every deployed job; recover those that may be; fail if one is failing or missing.

The table of all jobs is in the log of `look_at_jobs`. People are told once for each change, by the
notifier of headgate.toml; the schedule stands there too, in `[health]`. A job is recovered here
only if its job.yaml says `recovery: {automatic: true}`.
"""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.health_tasks import (
    end_of_check,
    health_schedule,
    jobs_to_recover,
    look_at_jobs,
)
from headgate.airflow.notification import notify_of_failure
from headgate.airflow.operation_operator import OperationOperator

with DAG(
    dag_id="check_health",
    description="Look at every deployed job and recover what may be recovered",
    doc_md=__doc__,
    schedule=health_schedule(),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    recovered = OperationOperator.partial(
        task_id="recover",
        kind="recover",
        map_index_template="{{ task.job }}",
        on_failure_callback=notify_of_failure,
        skips_busy=True,
    ).expand(job=jobs_to_recover(look_at_jobs()))
    recovered >> end_of_check()
