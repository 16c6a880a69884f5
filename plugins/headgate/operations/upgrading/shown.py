"""What is shown of an upgrade that waits for a decision, and the decision itself."""

from headgate.errors import Rejected
from headgate.ids import OperationId
from headgate.ledger.records import DecisionRecord, OperationRecord
from headgate.operations.services import Services
from headgate.operations.upgrading.approve import Approve
from headgate.operations.upgrading.past_upgrades import evidence_of
from headgate.plan.upgrade_markdown import upgrade_as_markdown


def shown_upgrade(services: Services, operation: OperationRecord) -> str:
    """Plan, rehearsal and expected gap as Markdown; empty where nothing was planned."""
    evidence = evidence_of(services, operation)
    return upgrade_as_markdown(operation.job, evidence) if "plan" in evidence else ""


def waits_for_decision(services: Services, operation_id: OperationId) -> bool:
    """Whether the operation is open and stands at the step that waits for a person."""
    operation = services.ledger.operation(operation_id)
    if operation is None or operation.state != "running":
        return False
    steps = services.ledger.steps(operation_id)
    return bool(steps) and steps[-1].name == Approve.name and steps[-1].state == "intended"


def decide_upgrade(
    services: Services, operation: OperationRecord, *, is_approved: bool, by: str, reason: str = ""
) -> DecisionRecord:
    """Write the decision. Raises Rejected where nothing waits for one, or it was taken before."""
    if not waits_for_decision(services, operation.id):
        raise Rejected(
            f"{operation.kind} {operation.job} (operation {operation.id}) does not wait for an "
            "approval",
            still_true="Nothing was changed.",
            next_step=f"headgate operations {operation.id}",
        )
    decided = services.ledger.decide(operation.id, is_approved=is_approved, by=by, reason=reason)
    if decided.is_approved != is_approved:
        was = "approved" if decided.is_approved else "refused"
        raise Rejected(
            f"{operation.kind} {operation.job} was {was} already by {decided.decided_by}",
            still_true="Nothing was changed.",
            next_step=f"headgate operations {operation.id}",
        )
    return decided
