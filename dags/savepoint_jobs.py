"""Savepoints that are due; then superfluous ones and checkpoints of earlier submissions go.

Which jobs are skipped and why is in the log and the XCom `skipped` of `jobs_due_for_savepoint`;
the task of one that came under another operation since says so and is skipped. Four savepoints are
under way at each cluster at a time, and the others wait without a worker.
"""

from datetime import timedelta

from airflow.sdk import DAG
from headgate.airflow import savepoint_tasks as tasks
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.savepoint_operator import SAVEPOINTS, SavepointOperator

OF_EACH_JOB = {"map_index_template": "{{ task.job }}", "skips_busy": True}
FOUR = OF_EACH_JOB | {"max_active_tis_per_dag": 4}

with DAG(
    dag_id="savepoint_jobs",
    description="Scheduled savepoints of all jobs, and their retention",
    doc_md=__doc__,
    schedule=timedelta(minutes=5),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["headgate", "savepoints"],
):
    scheduled = {"options": {"scheduled": True}, "outlets": [SAVEPOINTS], **OF_EACH_JOB}
    taken = SavepointOperator.partial(task_id="savepoint", kind="savepoint", **scheduled).expand(
        job=tasks.jobs_due_for_savepoint()
    )
    dispose = OperationOperator.partial(task_id="dispose", kind="dispose_savepoints", **FOUR)
    delete = OperationOperator.partial(task_id="delete", kind="dispose_checkpoints", **FOUR)
    superfluous = tasks.jobs_with_savepoints_to_dispose_of()
    deletable = tasks.jobs_with_checkpoints_to_delete()
    taken >> superfluous
    disposed, deleted = dispose.expand(job=superfluous), delete.expand(job=deletable)
    disposed >> deletable
    [taken, disposed, deleted] >> tasks.end_of_savepoints()
