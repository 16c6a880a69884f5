"""Schemas and topics as two tasks: show the plan, then do what was shown."""

import logging
from typing import Any

from airflow.sdk import XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.operations.contracts.plan_and_apply import apply_contracts, plan_contracts
from headgate.plan.contracts import Part
from headgate.plan.markdown import plan_as_markdown
from headgate.spec.load import load_topics

log = logging.getLogger(__name__)


def plan_and_apply(part: Part) -> XComArg:
    """The two tasks for one half of the contracts, one after the other."""
    shown: Any = show_plan(part)
    return apply_shown(part, shown)


@task
def show_plan(part: Part) -> dict[str, Any]:
    """Plan, show the plan as Markdown in the log and as the XCom `plan`, and return it as JSON."""
    refuse_unknown_keys()
    with errors_for_airflow():
        surroundings = services()
        plan = plan_contracts(load_topics(surroundings.project), surroundings.environment, part)
    markdown = plan_as_markdown(plan)
    log.info("%s", markdown)
    context: Any = get_current_context()
    context["ti"].xcom_push("plan", markdown)
    if plan.refused:
        raise AirflowFailException(f"a refused change stops all others:\n{markdown}")
    return plan.to_json()


@task
def apply_shown(part: Part, shown: dict[str, Any]) -> dict[str, Any]:
    """Make the changes that were shown; after a partial failure, those that are left of them."""
    with errors_for_airflow():
        surroundings = services()
        declared = load_topics(surroundings.project)
        plan = plan_contracts(declared, surroundings.environment, part)
        left = plan.to_json()["changes"]
        new = [change for change in left if change not in shown["changes"]]
        if new:
            raise AirflowFailException(
                "Kafka, the registry or the files changed since the plan was shown; nothing was "
                f"changed. Run this DAG again to see the new plan:\n{plan_as_markdown(plan)}"
            )
        result = apply_contracts(
            plan, declared, surroundings.environment, only=part, progress=log.info
        )
    for item in result.items:
        log.info("%s %s: %s %s", item.change.kind, item.change.name, item.outcome, item.message)
    if not result.is_complete:
        raise AirflowException("\n".join(f"{i.change.name}: {i.message}" for i in result.failed))
    return result.to_json()
