"""Why a write or a lease was refused."""

from headgate.errors import Rejected
from headgate.ledger.records import LeaseRecord, OperationRecord


class Superseded(Rejected):
    """The lease of this operation was taken over: a later holder is at work, this one must end."""


class Busy(Rejected):
    """Another operation, not yet ended, holds the job."""

    def __init__(self, lease: LeaseRecord, operation: OperationRecord) -> None:
        super().__init__(
            f"{lease.job}: a {operation.kind} is under way (operation {operation.id}, started "
            f"{operation.started_at:%Y-%m-%d %H:%M:%S} UTC by {lease.holder})",
            still_true="Nothing was changed.",
            next_step=f"headgate status {lease.job}, or `headgate {operation.kind} {lease.job}` "
            "to bring it to its end",
        )
        self.operation = operation
