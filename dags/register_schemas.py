"""Register the Avro schemas of schemas/ under FULL_TRANSITIVE; an incompatible one is refused."""

from airflow.sdk import DAG
from headgate.airflow.contract_tasks import plan_and_apply
from headgate.airflow.defaults import DEFAULT_ARGS

with DAG(
    dag_id="register_schemas",
    description="Register the Avro schemas of schemas/ in the schema registry",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["headgate", "contracts"],
):
    plan_and_apply("schemas")
