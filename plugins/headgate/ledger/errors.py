"""Why a write or a lease was refused."""

from headgate.errors import Rejected, Unavailable
from headgate.ids import JobName
from headgate.ledger.records import LeaseRecord, OperationRecord


class LedgerUnavailable(Unavailable):
    """The ledger's database cannot be used; what was to be written is not there."""


class Superseded(Rejected):
    """The lease of this operation was taken over: a later holder is at work, this one must end."""


class Busy(Rejected):
    """Another operation, not yet ended, holds the job."""

    def __init__(self, lease: LeaseRecord, operation: OperationRecord) -> None:
        super().__init__(
            f"{lease.job}: a {operation.kind} is under way (operation {operation.id}, started "
            f"{operation.started_at:%Y-%m-%d %H:%M:%S} UTC by {lease.holder})",
            still_true="Nothing was changed.",
            next_step=f"headgate operations {operation.id} shows it, headgate resume "
            f"{operation.id} brings it to its end",
        )
        self.operation = operation


class Ended(Rejected):
    """The operation has ended, so nobody can run it any more."""

    def __init__(self, operation: OperationRecord) -> None:
        super().__init__(
            f"{operation.kind} {operation.job} (operation {operation.id}) has ended: "
            f"{operation.state.replace('_', ' ')}"
            + (f": {operation.reason}" * bool(operation.reason)),
            still_true="Nothing was changed.",
            next_step=operation.next_step or f"headgate status {operation.job}",
        )
        self.operation = operation


class AnotherOperation(Rejected):
    """The id is taken by an operation on another job, or of another kind."""

    def __init__(self, known: OperationRecord, kind: str, job: JobName) -> None:
        super().__init__(
            f"operation {known.id} is {known.kind} {known.job}, not {kind} {job}",
            still_true="Nothing was changed.",
            next_step=f"headgate operations {known.id}",
        )
