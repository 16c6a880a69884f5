"""Schemas and topics as three tasks: show the plan, have it approved, do what was shown."""

import logging
from dataclasses import replace
from typing import Any

from airflow.sdk import XComArg, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from headgate.airflow.approval import PlanApproval, approval_timeout
from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.shown_plan import ShownPlan, is_in
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.operations.contracts.plan_and_apply import (
    ApplyResult,
    PlannedContracts,
    apply_contracts,
    plan_contracts,
)
from headgate.plan.change import Plan
from headgate.plan.contracts import Part
from headgate.plan.markdown import plan_as_markdown

log = logging.getLogger(__name__)

_LONGEST_SURFACE = 200


def plan_approve_apply(part: Part | None = None) -> XComArg:
    """The three tasks one after the other, for all contracts or for one part of them."""
    shown: Any = show_plan(part)
    approved_by: Any = PlanApproval(task_id="approve", shown=shown).output
    return apply_shown(part, shown, approved_by)


@task
def show_plan(part: Part | None) -> dict[str, Any]:
    """Show the whole plan as Markdown, in the log and as XCom `plan`; return it as JSON.

    Fails if a change is refused that this run would have to make.
    """
    refuse_unknown_keys()
    context: Any = get_current_context()
    approval_timeout(context)
    with errors_for_airflow():
        planned = plan_contracts(services())
    markdown = _markdown(planned.plan, part)
    log.info("%s", markdown)
    context["ti"].xcom_push("plan", markdown)
    if any(is_in(part, change) for change in planned.plan.refused):
        raise AirflowFailException(
            f"a refused change stops all others; nothing was changed:\n{markdown}"
        )
    return ShownPlan.of(planned, part).to_json()


@task
def apply_shown(
    part: Part | None, shown: dict[str, Any], approved_by: str | None
) -> dict[str, Any]:
    """Make the changes that were shown; after a partial failure, those that are left of them."""
    context: Any = get_current_context()
    surface = f"airflow:{context['ti'].dag_id}/{context['ti'].run_id}"[:_LONGEST_SURFACE]
    with errors_for_airflow():
        surroundings = services()
        planned = plan_contracts(surroundings, part)
        _refuse_what_was_not_shown(planned, ShownPlan.from_json(shown))
        result = apply_contracts(
            surroundings, planned, approved_by=approved_by, surface=surface, progress=log.info
        )
    _report(result)
    return result.to_json()


def _markdown(plan: Plan, part: Part | None) -> str:
    mine = plan_as_markdown(plan.only(lambda change: is_in(part, change)))
    others = replace(plan.only(lambda change: not is_in(part, change)), unknown_topics=())
    if not others.pending:
        return mine
    return f"{mine}\n## Not part of this run\n\n{plan_as_markdown(others)}"


def _refuse_what_was_not_shown(planned: PlannedContracts, shown: ShownPlan) -> None:
    new = planned.plan.only(shown.not_shown(planned.plan.pending).__contains__)
    if new.pending:
        where = (
            "Kafka, the registry or the deployed jobs"
            if planned.files == shown.files
            else "the files below schemas/"
        )
        raise AirflowFailException(
            f"{where} changed since the plan was shown; nothing was changed by this try. Run this "
            f"DAG again to see the new plan. Not shown before:\n{plan_as_markdown(new)}"
        )


def _report(result: ApplyResult) -> None:
    for item in result.items:
        log.info("%s %s: %s %s", item.change.kind, item.change.name, item.outcome, item.message)
    if not result.is_complete:
        counts = result.counts()
        raise AirflowException(
            f"{counts['ok']} changes were made, {counts['failed']} failed, {counts['skipped']} "
            "were not tried; run this DAG again for what is left.\n"
            + "\n".join(f"{i.change.kind} {i.change.name}: {i.message}" for i in result.failed)
        )
