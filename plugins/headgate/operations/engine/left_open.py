"""The operation that holds a job, and whether anybody works on it. Reads only."""

from datetime import timedelta

from headgate.errors import HeadgateError
from headgate.ids import JobName
from headgate.ledger.records import OperationRecord, StepRecord
from headgate.operations.engine.kinds import operation_of
from headgate.operations.lease_holder import whereabouts
from headgate.operations.services import Services
from headgate.plan.left_open import HeldBy, is_left, takes_up


def held_by(services: Services, job: JobName) -> HeldBy | None:
    """What holds the job; None if nothing does."""
    operation = services.ledger.running_operation(job)
    return how_it_stands(services, operation) if operation is not None else None


def how_it_stands(services: Services, operation: OperationRecord) -> HeldBy:
    """Whether an open operation is worked on."""
    lease = services.ledger.lease(operation.job)
    steps = services.ledger.steps(operation.id)
    signs = [one for step in steps for one in (step.intended_at, step.done_at) if one is not None]
    is_held = lease is not None and lease.operation_id == operation.id
    if lease is not None and is_held:
        signs.append(lease.taken_at)
    left = is_left(
        services.clock.now(),
        max(signs, default=operation.started_at),
        _patience({step.name: step for step in steps}, operation.kind),
        holder_is_alive=lease is not None and is_held and whereabouts(lease) == "alive",
    )
    return HeldBy(operation.kind, operation.id, left)


def to_take_up(services: Services, kind: str, job: JobName) -> OperationRecord | None:
    """The operation that one of this kind brings to its end before it begins; None if none."""
    operation = services.ledger.running_operation(job)
    if operation is None or not takes_up(kind, how_it_stands(services, operation)):
        return None
    return operation


def _patience(written: dict[str, StepRecord], kind: str) -> timedelta:
    """Of the step that it stands at, or the time that the step itself gives, if that is longer."""
    evidence = {name: step.evidence for name, step in written.items() if step.state == "done"}
    try:
        steps = operation_of(kind).steps(evidence)
    except HeadgateError:
        return timedelta(0)
    current = next((step for step in steps if step.name not in evidence), None)
    if current is None:
        return timedelta(0)
    record = written.get(current.name)
    given = record.intent.get("deadline_seconds") if record is not None else None
    return max(current.patience, timedelta(seconds=given or 0))
