"""Bring schemas and topics to what schemas/ declares; a dangerous change waits for an approval."""

from airflow.sdk import DAG
from headgate.airflow.approval import TIMEOUT_PARAM, approval_timeout_param
from headgate.airflow.contract_tasks import plan_approve_apply
from headgate.airflow.defaults import DEFAULT_ARGS

with DAG(
    dag_id="provision_topics",
    description="Register the schemas of schemas/, then create and configure its topics",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={TIMEOUT_PARAM: approval_timeout_param()},
    default_args=DEFAULT_ARGS,
    tags=["headgate", "contracts"],
):
    plan_approve_apply()
