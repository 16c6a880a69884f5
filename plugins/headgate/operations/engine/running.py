"""Beginning and resuming operations by their kind; what every surface calls."""

from functools import partial
from uuid import uuid4

from headgate.errors import HeadgateError, NeedsOperator, Rejected
from headgate.ids import JobName, OperationId, digest_of
from headgate.ledger.errors import Ended
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Engine, Listener
from headgate.operations.engine.kinds import operation_of
from headgate.operations.engine.left_open import to_take_up
from headgate.operations.services import Services, this_process

__all__ = [
    "new_operation_id",
    "open_engine",
    "operation_id_of_task",
    "operation_of",
    "resume_operation",
    "run_operation",
    "seconds_until_more",
    "succeeded",
]


def new_operation_id() -> OperationId:
    """An id for an operation that a person starts."""
    return OperationId(uuid4().hex)


def operation_id_of_task(dag_id: str, run_id: str, task_id: str, job: JobName) -> OperationId:
    """The id of the operation of one Airflow task on one job: every try finds the same operation.

    Not by the map index: of a run that is cleared as a whole, the list of jobs is made anew.
    """
    return OperationId(digest_of("airflow", dag_id, run_id, task_id, "job", job))


def run_operation(
    services: Services,
    kind: str,
    job: JobName,
    request: Json,
    *,
    surface: str,
    listener: Listener = lambda _event: None,
) -> OperationRecord:
    """Run an operation to its end; first bring one of the same kind, left open, to its end.

    So too one that nobody works on any more, if anybody may bring it to its end.

    Raises:
        Rejected, NeedsOperator: the operation ended so, with reason and next step.

    """
    open_before = services.ledger.running_operation(job)
    if open_before is None or open_before.kind != kind:
        open_before = to_take_up(services, kind, job)
    if open_before is not None:
        resumed = resume_operation(services, open_before, surface=surface, listener=listener)
        if open_before.kind == kind and dict(open_before.request) == dict(request):
            return succeeded(resumed)
    engine = open_engine(
        services,
        kind,
        job,
        request,
        operation_id=new_operation_id(),
        surface=surface,
        listener=listener,
    )
    return succeeded(engine.run())


def resume_operation(
    services: Services,
    operation: OperationRecord,
    *,
    surface: str,
    listener: Listener = lambda _event: None,
) -> OperationRecord:
    """Take over an open operation, of whatever kind, and bring it to its end.

    Whoever ran it before is fenced out. Of an operation that has ended meanwhile, its end.
    """
    try:
        engine = open_engine(
            services,
            operation.kind,
            operation.job,
            operation.request,
            operation_id=operation.id,
            surface=surface,
            listener=listener,
        )
    except Ended as ended:
        return ended.operation
    return engine.run()


def open_engine(
    services: Services,
    kind: str,
    job: JobName,
    request: Json,
    *,
    operation_id: OperationId,
    surface: str,
    listener: Listener = lambda _event: None,
) -> Engine:
    """Take the job's lease for this operation and return the engine that runs it.

    An operation with the same kind and request that is open under another id is joined, so that
    two requests for one effect make one.

    Raises:
        Busy: another operation holds the job.
        Ended: this operation has ended.

    """
    joined = operation_id
    if services.ledger.operation(operation_id) is None:
        running = services.ledger.running_operation(job)
        if running and running.kind == kind and dict(running.request) == dict(request):
            joined = running.id
    open_it = partial(
        services.ledger.open_operation,
        kind=kind,
        job=job,
        request=request,
        surface=surface,
        holder=this_process(),
    )
    try:
        lease = open_it(joined)
    except Ended:
        if joined == operation_id:
            raise
        lease = open_it(operation_id)  # the other one ended before it could be joined
    return Engine(operation_of(kind), lease, services, listener)


def succeeded(record: OperationRecord) -> OperationRecord:
    """The record, if the operation succeeded; otherwise its end as an error."""
    if record.state in ("succeeded", "running"):
        return record
    kind = NeedsOperator if record.state == "needs_operator" else Rejected
    raise kind(
        f"{record.kind} {record.job}: {record.reason}",
        next_step=record.next_step or f"headgate status {record.job}",
    )


def seconds_until_more(services: Services, operation_id: OperationId, job: JobName) -> float | None:
    """How long the operation's current step still only waits; None when there is more to do.

    Looks and writes nothing, so it may run beside the holder of the lease.
    """
    lease = services.ledger.lease(job)
    operation = services.ledger.operation(operation_id)
    if lease is None or operation is None or operation.state != "running":
        return None
    if lease.operation_id != operation_id:
        return None
    try:
        pending = Engine(operation_of(operation.kind), lease, services).peek()
    except HeadgateError:
        # Whatever it means, the next `advance` meets it again and decides.
        return None
    return pending.poll_after.total_seconds() if pending else None
