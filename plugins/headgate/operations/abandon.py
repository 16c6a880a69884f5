"""Give an open operation up, so that its job is free for the next one. Flink is not touched."""

from headgate.errors import Rejected
from headgate.ledger.errors import Ended
from headgate.ledger.records import OperationRecord
from headgate.operations.open_operation import WholeOperation
from headgate.operations.services import Services, this_process
from headgate.plan.split_results import splits_results

MAY_YET_HAPPEN = "whose effect may have happened, or may yet"
"""A driver runs on in its JobManager, a savepoint is written on, whoever asked for it is gone."""


def refuse_while_it_runs(whole: WholeOperation) -> None:
    """An operation whose process is alive on this host is not given up behind its back.

    Raises:
        Ended: it has ended already.
        Rejected: its process is alive, or it hands the job over from one Flink job to another.

    """
    if not whole.is_open:
        raise Ended(whole.operation)
    if whole.holder == "alive" and whole.lease is not None:
        operation = whole.operation
        raise Rejected(
            f"{operation.kind} {operation.job} (operation {operation.id}) is under way: its "
            f"process {whole.lease.holder} is alive",
            still_true="Nothing was changed.",
            next_step="end that process first (Ctrl-C, or end the task in Airflow), or let it end",
        )
    done = [step.name for step in whole.steps if step.state == "done"]
    if splits_results([step.name for step in whole.steps], done):
        operation = whole.operation
        raise Rejected(
            f"{operation.kind} {operation.job} (operation {operation.id}) hands the job over: two "
            "Flink jobs publish one part of its results each",
            still_true="Nothing was changed; given up now, the one that is left would publish only "
            "its part.",
            next_step=f"headgate resume {operation.id}; it calls the hand-over off or ends it",
        )


def abandon(services: Services, whole: WholeOperation, by: str) -> OperationRecord:
    """Take the operation over, so that its holder's late writes are refused, and end it as failed.

    Raises:
        Ended, Rejected: as `refuse_while_it_runs` says.

    """
    refuse_while_it_runs(whole)
    operation, ledger = whole.operation, services.ledger
    lease = ledger.open_operation(
        operation.id,
        operation.kind,
        operation.job,
        operation.request,
        surface=operation.surface,
        holder=this_process(),
    )
    begun = whole.begun_step
    warning = f" in its step {begun}, {MAY_YET_HAPPEN}" if begun else ""
    ledger.end_operation(
        lease,
        "failed",
        reason=f"abandoned by {by}{warning}",
        next_step=f"headgate status {operation.job}",
    )
    return ledger.operation(operation.id) or operation
