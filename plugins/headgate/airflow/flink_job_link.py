"""The button of a task that leads to the Flink job's page."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class FlinkJobLink(BaseOperatorLink):
    """Asked in the task's own process when it ends; the address is then kept as an XCom."""

    name = "Flink job"

    def get_link(self, operator: "BaseOperator", *, ti_key: "TaskInstanceKey") -> str:
        """The page that the operator has found, or nothing."""
        del ti_key
        return str(getattr(operator, "flink_job_page", "") or "")
