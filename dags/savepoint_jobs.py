"""Take every savepoint that is due by the policies of the jobs, then dispose of superfluous ones.

Which jobs are skipped and why is in the log and the XCom `skipped` of `jobs_due_for_savepoint`.
Four savepoints are under way at a time: `max_active_tis_per_dag` counts deferred tasks too.
"""

from datetime import timedelta

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.savepoint_operator import SAVEPOINTS, SavepointOperator
from headgate.airflow.savepoint_tasks import (
    end_of_savepoints,
    jobs_due_for_savepoint,
    jobs_with_savepoints_to_dispose_of,
)

OF_EACH_JOB = {"map_index_template": "{{ task.job }}", "max_active_tis_per_dag": 4}

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
    due, superfluous = jobs_due_for_savepoint(), jobs_with_savepoints_to_dispose_of()
    options = {"scheduled": True}
    taken = SavepointOperator.partial(
        task_id="savepoint", kind="savepoint", options=options, outlets=[SAVEPOINTS], **OF_EACH_JOB
    ).expand(job=due)
    disposed = OperationOperator.partial(
        task_id="dispose", kind="dispose_savepoints", **OF_EACH_JOB
    ).expand(job=superfluous)
    taken >> superfluous
    [taken, disposed] >> end_of_savepoints()
