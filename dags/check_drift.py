"""Look whether topics and subjects are still as declared; a run fails if they are not.

Changes nothing. What is not as declared is in the log of the run, and provision_topics brings it
back. The schedule and who is told stand in headgate.toml, `[drift]` and `[notifier]`.
"""

from airflow.sdk import DAG
from headgate.airflow.defaults import DEFAULT_ARGS
from headgate.airflow.drift import compare_with_declared, drift_schedule

with DAG(
    dag_id="check_drift",
    description="Find topics and subjects that are no longer as declared",
    doc_md=__doc__,
    schedule=drift_schedule(),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["headgate", "contracts"],
):
    compare_with_declared()
