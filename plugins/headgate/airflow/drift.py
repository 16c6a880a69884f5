"""Is everything still as declared? A plan that is never applied, and fails if it is not empty."""

import logging
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from headgate.airflow.notification import notify_of_failure
from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.schedule import written_schedule
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.operations.contracts.plan_and_apply import PlannedContracts, plan_contracts
from headgate.plan.change import Plan
from headgate.plan.markdown import plan_as_markdown
from headgate.spec.drift import HOURLY

log = logging.getLogger(__name__)

_MOST_NAMED = 10


def drift_schedule() -> str | None:
    """The schedule of headgate.toml; None for `manual`."""
    return written_schedule("drift", HOURLY)


@task(on_failure_callback=notify_of_failure)
def compare_with_declared() -> dict[str, Any]:
    """Compare Kafka and the registry with `schemas/`, and fail at the first difference.

    Tried again only while a server does not answer: drift does not go away by itself.
    """
    refuse_unknown_keys()
    with errors_for_airflow():
        planned = plan_contracts(services())
    markdown = plan_as_markdown(planned.plan)
    log.info("%s", markdown)
    context: Any = get_current_context()
    context["ti"].xcom_push("plan", markdown)
    if planned.plan.pending:
        raise AirflowFailException(_drift(planned.plan))
    log.info("%s", _compared(planned))
    return {"topics": len(planned.observed.topics), "subjects": len(planned.observed.subjects)}


def _drift(plan: Plan) -> str:
    names = [f"{change.operation} {change.kind} {change.name}" for change in plan.pending]
    named = names[:_MOST_NAMED]
    if len(names) > _MOST_NAMED:
        named.append(f"and {len(names) - _MOST_NAMED} more")
    return (
        f"not as declared: {len(names)} changes would bring it back\n"
        + "\n".join(f"- {line}" for line in named)
        + "\nNothing was changed. Next: run provision_topics to bring it back, or declare it"
    )


def _compared(planned: PlannedContracts) -> str:
    return (
        f"As declared: {len(planned.observed.topics)} topics (partitions, replication, settings) "
        f"and {len(planned.observed.subjects)} subjects (latest version, level)."
    )
