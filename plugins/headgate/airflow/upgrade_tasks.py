"""An upgrade as four tasks: what the form says, all up to the approval, the approval, the rest."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.exceptions import HITLRejectException
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import XComArg, get_current_context, task
from airflow.sdk.definitions.context import Context
from airflow.sdk.exceptions import AirflowFailException

from headgate.airflow.approval import approval_timeout
from headgate.airflow.operation_operator import OperationOperator
from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.ids import OperationId
from headgate.operations.engine.engine import Waiting
from headgate.operations.engine.running import resume_operation
from headgate.operations.handing_over.hand_over import CUT_OVER
from headgate.operations.open_operation import find_operation
from headgate.operations.services import Services
from headgate.operations.upgrading.approve import NOBODY
from headgate.operations.upgrading.going_back import BACK, LAST
from headgate.operations.upgrading.shown import (
    decide_upgrade,
    shown_upgrade,
    waits_for_decision,
)
from headgate.spec.unknown_jobs import refuse_unknown_jobs

_KIND = "upgrade"
_HELD_FOR = timedelta(minutes=2)


def upgrade_with_approval() -> XComArg:
    """The tasks one after the other. Without a question the first one does all of it."""
    chosen: Any = chosen_upgrade()
    prepared = PrepareUpgrade(
        task_id="prepare", kind=_KIND, job=chosen["job"], options=chosen["options"]
    ).output
    approved = UpgradeApproval(task_id="approve", prepared=prepared).output
    return CarryOutUpgrade(
        task_id="carry_out", job=chosen["job"], prepared=prepared, approved=approved
    ).output


@task(retries=0)
def chosen_upgrade() -> dict[str, Any]:
    """What the form says, checked before anything is done."""
    refuse_unknown_keys()
    context: Any = get_current_context()
    params = context["params"]
    approval_timeout(context)
    _refuse_unknown(params["job"])
    return {
        "job": params["job"],
        "options": {
            "to": params["line"] or None,
            "way": params["way"] or None,
            "approval": params["require_approval"],
            "dry_run": params["dry_run"],
            "again": params["again"],
        },
    }


@task(retries=0)
def chosen_job() -> str:
    """The job of the form, which must have been deployed once."""
    refuse_unknown_keys()
    context: Any = get_current_context()
    _refuse_unknown(context["params"]["job"])
    return str(context["params"]["job"])


class PrepareUpgrade(OperationOperator):
    """Plans, checks and rehearses; returns what is to be approved, empty where nothing is."""

    def paused(
        self, surroundings: Services, operation_id: OperationId, waiting: Waiting
    ) -> dict[str, Any] | None:
        """At the step that waits for a person the task ends."""
        del waiting
        if not waits_for_decision(surroundings, operation_id):
            return None
        operation = find_operation(surroundings.ledger, operation_id)
        question = shown_upgrade(surroundings, operation)
        self.log.info("%s", question)
        return {"operation_id": operation_id, "question": question}

    def stays(self, waiting: Waiting) -> bool:
        """Where nobody is asked, this task cuts over."""
        return _every_second_counts(waiting)


class UpgradeApproval(ApprovalOperator):
    """Asks a person to approve what was shown, and writes the decision into the ledger.

    Refused, by a person or because the time is over, the upgrade ends with everything as it was,
    and the run fails without a retry.
    """

    template_fields: Sequence[str] = ("prepared",)

    def __init__(self, *, prepared: Any, **arguments: Any) -> None:  # noqa: ANN401 - an XComArg
        """`prepared` is what `PrepareUpgrade` has returned."""
        super().__init__(
            subject="An upgrade needs your approval",
            defaults=self.REJECT,
            fail_on_reject=True,
            **arguments,
        )
        self.prepared = prepared

    def execute(self, context: Context) -> str | None:
        """Ask, unless there is nothing to be asked, or somebody has decided already."""
        if not self._is_asked():
            self.log.info("Nothing waits for an approval.")
            return None
        self.body = self.prepared["question"]
        self.response_timeout = approval_timeout(context)
        super().execute(context)  # does not return: the task is parked until there is an answer
        return None

    def execute_complete(self, context: Context, event: dict[str, Any]) -> str:
        """Take the answer."""
        user = event["responded_by_user"]
        try:
            super().execute_complete(context, event)
        except HITLRejectException as rejected:
            raise AirflowFailException(self._refuse(user)) from rejected
        by = user["name"] if user["name"] == user["id"] else f"{user['name']} ({user['id']})"
        with errors_for_airflow():
            surroundings = services()
            operation = find_operation(surroundings.ledger, self.prepared["operation_id"])
            decide_upgrade(surroundings, operation, is_approved=True, by=by)
        return str(by)

    def _is_asked(self) -> bool:
        if not self.prepared.get("question"):
            return False
        with errors_for_airflow():
            surroundings = services()
            operation_id = OperationId(self.prepared["operation_id"])
            return (
                waits_for_decision(surroundings, operation_id)
                and surroundings.ledger.decision(operation_id) is None
            )

    def _refuse(self, user: Mapping[str, Any] | None) -> str:
        """Write the refusal and bring the operation to its end, so that the job is free."""
        by = user["name"] if user else NOBODY
        reason = "" if user else "the time for an answer is over"
        with errors_for_airflow():
            surroundings = services()
            operation = find_operation(surroundings.ledger, self.prepared["operation_id"])
            if operation.state == "running":
                decide_upgrade(surroundings, operation, is_approved=False, by=by, reason=reason)
                surface = f"Airflow, DAG {self.dag_id}"
                operation = resume_operation(surroundings, operation, surface=surface)
        return f"{operation.reason}. Next: {operation.next_step}"


class CarryOutUpgrade(OperationOperator):
    """Goes on with the operation that was approved, to its end."""

    template_fields: Sequence[str] = (*OperationOperator.template_fields, "prepared", "approved")

    def __init__(
        self,
        *,
        prepared: Any,  # noqa: ANN401 - an XComArg
        approved: Any,  # noqa: ANN401
        **arguments: Any,  # noqa: ANN401
    ) -> None:
        """`prepared` names the operation; `approved` only makes this task wait for the approval."""
        super().__init__(kind=_KIND, **arguments)
        self.prepared = prepared
        self.approved = approved

    def operation_id(self, context: Context) -> OperationId:
        """That of the task before."""
        del context
        return OperationId(self.prepared["operation_id"])

    def stays(self, waiting: Waiting) -> bool:
        """From the stop to the new job's health nothing is published."""
        return _every_second_counts(waiting)


class RollbackOperator(OperationOperator):
    """A rollback in a worker that is held while nothing is published."""

    def stays(self, waiting: Waiting) -> bool:
        """From the end of the new job to the old version's health nothing is published."""
        return _every_second_counts(waiting)


def _every_second_counts(waiting: Waiting) -> bool:
    phase, _, _ = waiting.name.partition(".")
    return phase in (CUT_OVER, BACK, LAST) and waiting.elapsed < _HELD_FOR


def _refuse_unknown(job: str) -> None:
    with errors_for_airflow():
        refuse_unknown_jobs([job], {one.job for one in services().ledger.deployments()})
