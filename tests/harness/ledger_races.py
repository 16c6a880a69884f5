"""What processes do in a race on a ledger; functions of a module, so that they can be sent."""

from datetime import timedelta

from headgate.ids import JobName, OperationId
from headgate.ledger.errors import Busy
from headgate.ledger.ledger import Ledger
from headgate.ledger.records import LeaseRecord


def open_another_operation(ledger: Ledger, name: str, number: int) -> str:
    """Each its own operation on one job."""
    try:
        open_operation(ledger, f"{name}-{number}", f"job-{number}")
    except Busy:
        return "busy"
    return "taken"


def open_same_operation(ledger: Ledger, name: str, number: int) -> int:
    """All the same operation on one job: takings, one after the other."""
    return open_operation(ledger, f"operation-{number}", f"job-{number}", holder=name).fence


def take_turn(ledger: Ledger, name: str, number: int) -> bool:
    """Each on a job of its own, all at one resource."""
    lease = open_operation(ledger, f"{name}-{number}", f"{name}-{number}")
    hour = timedelta(hours=1)
    return ledger.take_turn(lease, f"resource-{number}", own_ends=hour, others_end=hour)


def open_ledger(ledger: Ledger, name: str, number: int) -> int:
    """Only open it, which migrates a new one, and read."""
    return len(ledger.operations())


def open_operation(ledger: Ledger, operation: str, job: str, holder: str = "test") -> LeaseRecord:
    return ledger.open_operation(
        OperationId(operation), "deploy", JobName(job), {}, surface="test", holder=holder
    )


def migrate_or_read(ledger: Ledger, name: str, number: int) -> int:
    """Read again and again, whatever another process does to the tables meanwhile."""
    rows = 0
    for _ in range(10):
        rows += len(ledger.operations()) + len(ledger.deployments())
        rows += int(ledger.running_operation(JobName("device-minutes")) is not None)
    return rows
