"""Create the topics of schemas/ and keep their partitions and retention as declared."""

from airflow.sdk import DAG
from headgate.airflow.contract_tasks import plan_and_apply
from headgate.airflow.defaults import DEFAULT_ARGS

with DAG(
    dag_id="provision_topics",
    description="Create and configure the topics of schemas/ in Kafka",
    doc_md=__doc__,
    schedule=None,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=["headgate", "contracts"],
):
    plan_and_apply("topics")
