"""Upgrade a running job to another Flink line, or to what is declared now.

Rehearsed beside the live job, approved by a person, watched, and rolled back if it does not work.
"""

from airflow.sdk import DAG, Param
from headgate.airflow.approval import TIMEOUT_PARAM, approval_timeout_param
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.job_form import job_param
from headgate.airflow.upgrade_form import line_param, way_param
from headgate.airflow.upgrade_tasks import upgrade_with_approval

with DAG(
    dag_id="upgrade_job",
    description="Rehearse, approve, cut over, watch; roll back what does not work",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={
        "job": job_param("The running job."),
        "line": line_param("The target; the declared line if it is left empty."),
        "require_approval": Param(default=True, type="boolean", title="A person approves it"),
        "way": way_param("How to cut over; the best way if it is left empty."),
        "dry_run": Param(default=False, type="boolean", title="Plan and check only"),
        "again": Param(default=False, type="boolean", title="Also what has failed before"),
        TIMEOUT_PARAM: approval_timeout_param(),
    },
    default_args=DEFAULT_ARGS,
    tags=["headgate", "jobs"],
):
    upgrade_with_approval()
