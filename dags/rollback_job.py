"""Bring back the version before a job's last upgrade, exactly where it can be."""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import job_param
from headgate.airflow.upgrade_tasks import RollbackOperator, chosen_job

with DAG(
    dag_id="rollback_job",
    description="Roll a Flink job back to the version before its last upgrade",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={"job": job_param("The job that was upgraded.")},
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    RollbackOperator(task_id="rollback", kind="rollback", job=chosen_job())
