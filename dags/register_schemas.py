"""Register the Avro schemas of schemas/ and leave the topics alone; a breaking one is refused."""

from airflow.sdk import DAG
from headgate.airflow.approval import TIMEOUT_PARAM, approval_timeout_param
from headgate.airflow.contract_tasks import plan_approve_apply
from headgate.airflow.defaults import DEFAULT_ARGS

with DAG(
    dag_id="register_schemas",
    description="Register the Avro schemas of schemas/ in the schema registry",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    params={TIMEOUT_PARAM: approval_timeout_param()},
    default_args=DEFAULT_ARGS,
    tags=["headgate", "contracts"],
):
    plan_approve_apply("schemas")
