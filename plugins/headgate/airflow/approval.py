"""A person's agreement to a plan, asked for in Airflow when a change needs it and else not."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param
from airflow.sdk.definitions.context import Context
from airflow.sdk.exceptions import AirflowFailException

from headgate.airflow.shown_plan import ShownPlan
from headgate.spec.quantities import format_duration, parse_duration

TIMEOUT_PARAM = "approval_timeout"
_ASKED_FOR = "asked_for"
_APPROVED = "approved"


def approval_timeout_param() -> Param:
    """The form's field for how long a run waits for a person."""
    return Param(
        "24h",
        type="string",
        pattern=r"^[1-9][0-9]{0,5}(s|m|h|d)$",
        maxLength=7,
        examples=["30m", "4h", "24h", "7d"],
        title="Wait for an approval",
        description="How long to wait, if a change needs an approval; then it counts as rejected.",
    )


def approval_timeout(context: Context) -> timedelta:
    """What the form says. Fails the task if what was sent past the form is no duration."""
    try:
        return parse_duration(context["params"][TIMEOUT_PARAM])
    except ValueError as error:
        raise AirflowFailException(f"{TIMEOUT_PARAM}: {error}. Nothing was changed.") from error


class PlanApproval(ApprovalOperator):
    """Asks a person to approve the plan that was shown; returns who did, or None if none had to.

    Rejected, by a person or because the time is over, the task fails without a retry, and so does
    the run: a green run would tell whoever waits for it that the contracts are as declared.
    Clearing the task asks anew.

    A further try does not ask again once an answer has reached this task. An answer within about
    five seconds of the question can be lost (apache/airflow 72716: the scheduler fails a task that
    resumes so soon); the retry then asks again, and nothing was changed.

    Airflow keeps the first text of a question over all tries of a task. After another plan was
    shown in the same run, the task therefore fails instead of having the old text approved.
    """

    template_fields = ("shown",)

    def __init__(self, *, shown: Mapping[str, Any], **arguments: Any) -> None:  # noqa: ANN401
        """`shown` is a `ShownPlan` as JSON."""
        super().__init__(
            subject="Changes of schemas and topics need your approval",
            defaults=self.REJECT,
            fail_on_reject=True,
            **arguments,
        )
        self.shown = shown

    def execute(self, context: Context) -> str | None:
        """Ask, unless there is nothing to be asked, or the answer is there already."""
        shown = ShownPlan.from_json(self.shown)
        if not shown.question:
            self.log.info("No change needs an approval.")
            return None
        store = _store(context)
        approved = store.get(_APPROVED) or {}
        if approved.get("plan") == shown.digest:
            self.log.info("Approved by %s in an earlier try.", approved["by"])
            return str(approved["by"])
        if store.get(_ASKED_FOR) not in (None, shown.digest):
            raise AirflowFailException(
                "this run has asked about another plan before, and Airflow would show that one "
                "again. Nothing was changed. Next: start a new run of this DAG"
            )
        store.set(_ASKED_FOR, shown.digest)
        self.body = shown.question
        self.response_timeout = approval_timeout(context)
        super().execute(context)  # does not return: the task is parked until there is an answer
        return None

    def execute_complete(self, context: Context, event: dict[str, Any]) -> str:
        """Take the answer."""
        try:
            super().execute_complete(context, event)
        except HITLRejectException as rejected:
            raise AirflowFailException(_rejection(context, event)) from rejected
        user = event["responded_by_user"]
        by = user["name"] if user["name"] == user["id"] else f"{user['name']} ({user['id']})"
        digest = ShownPlan.from_json(self.shown).digest
        _store(context).set(_APPROVED, {"plan": digest, "by": by})
        self.log.info("Approved by %s.", by)
        return str(by)


def _store(context: Context) -> Any:  # noqa: ANN401 - Airflow types it for triggers too
    return context["task_state_store"]


def _rejection(context: Context, event: Mapping[str, Any]) -> str:
    user = event["responded_by_user"]
    who = (
        f"the plan was rejected by {user['name']}"
        if user
        else f"nobody has approved the plan within {format_duration(approval_timeout(context))}"
    )
    return f"{who}. Nothing was changed. Next: correct what is declared, or run this DAG again"
