"""Restore the newest savepoint of each job with `savepoint.prove`, in a job that publishes nothing.

One at a time: a shadow job needs as many task slots as the live one. What cannot be restored is
set aside, and its task fails.
"""

from datetime import timedelta

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.savepoint_tasks import jobs_due_for_proof

with DAG(
    dag_id="prove_savepoints",
    description="Prove that the newest savepoints can be restored",
    doc_md=__doc__,
    schedule=timedelta(days=1),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["headgate", "savepoints"],
):
    OperationOperator.partial(
        task_id="prove",
        kind="prove",
        skips_busy=True,
        max_active_tis_per_dag=1,
        map_index_template="{{ task.job }}",
    ).expand(job=jobs_due_for_proof())
