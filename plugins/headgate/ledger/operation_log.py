"""Operations, and the leases that let one at a time act on a job."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from headgate.ids import JobName, OperationId
from headgate.ledger import tables
from headgate.ledger.errors import AnotherOperation, Busy, Ended
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import Json, LeaseRecord, OperationRecord, OperationState
from headgate.ledger.rows import insert_if_absent, lease_row, operation_row


class OperationLog(FencedWrites):
    """Operations, and the leases that let one at a time act on a job."""

    def open_operation(
        self,
        operation_id: OperationId,
        kind: str,
        job: JobName,
        request: Json,
        *,
        surface: str,
        holder: str,
    ) -> LeaseRecord:
        """Begin an operation, or take over the same one from whoever ran it before.

        The operation's row and the job's lease are written in one transaction. Taking over
        raises the fence, so that the former holder's next write is refused.

        Raises:
            Busy: another operation, not yet ended, holds the job.
            Ended: this operation has ended; nobody holds it any more.
            AnotherOperation: the id is that of an operation on another job, or of another kind.

        """
        with self._engine.begin() as connection:
            now = self._clock.now()
            begun = {"id": operation_id, "kind": kind, "job": job, "state": "running"}
            told = {"request": dict(request), "surface": surface, "reason": "", "next_step": ""}
            insert_if_absent(connection, tables.operations, {**begun, **told, "started_at": now})
            _refuse_another(operation_row(connection, operation_id), kind, job)
            lease = _locked_lease(connection, job, operation_id, holder, now)
            operation = operation_row(connection, operation_id)
            if operation is not None and operation.state != "running":
                raise Ended(operation)
            if lease.operation_id != operation_id:
                holding = operation_row(connection, lease.operation_id)
                if holding is not None and holding.state == "running":
                    raise Busy(lease, holding)
            taken = LeaseRecord(job, operation_id, lease.fence + 1, holder, now)
            connection.execute(
                update(tables.leases).where(tables.leases.c.job == job).values(**vars(taken))
            )
            return taken

    def renew_lease(self, lease: LeaseRecord) -> None:
        """Show that the holder is still at work: `taken_at` becomes now, the fence stays."""
        with self._fenced(lease) as connection:
            connection.execute(
                update(tables.leases)
                .where(tables.leases.c.job == lease.job)
                .values(taken_at=self._clock.now())
            )

    def end_operation(
        self,
        lease: LeaseRecord,
        state: OperationState,
        *,
        reason: str = "",
        next_step: str = "",
    ) -> None:
        """Write how the operation ended. Its lease is free for the next operation from now on."""
        with self._fenced(lease) as connection:
            connection.execute(
                update(tables.operations)
                .where(tables.operations.c.id == lease.operation_id)
                .values(state=state, reason=reason, next_step=next_step, ended_at=self._clock.now())
            )

    def operation(self, operation_id: OperationId) -> OperationRecord | None:
        """The operation, if it is known."""
        with self._engine.begin() as connection:
            return operation_row(connection, operation_id)

    def running_operation(self, job: JobName) -> OperationRecord | None:
        """The operation that holds the job's lease and has not ended."""
        with self._engine.begin() as connection:
            lease = lease_row(connection, job, lock=False)
            operation = operation_row(connection, lease.operation_id) if lease else None
            return operation if operation and operation.state == "running" else None

    def operations(
        self,
        job: JobName | None = None,
        limit: int = 50,
        *,
        states: Collection[OperationState] = (),
        kinds: Collection[str] = (),
        id_prefix: str = "",
    ) -> Sequence[OperationRecord]:
        """The latest operations, newest first; of these states and kinds only, if any is named."""
        columns = tables.operations.c
        query = select(tables.operations).order_by(columns.started_at.desc())
        if job is not None:
            query = query.where(columns.job == job)
        if states:
            query = query.where(columns.state.in_(states))
        if kinds:
            query = query.where(columns.kind.in_(kinds))
        if id_prefix:
            query = query.where(columns.id.startswith(id_prefix, autoescape=True))
        with self._engine.begin() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [OperationRecord(**row._mapping) for row in rows]  # noqa: SLF001 - its public API

    def lease(self, job: JobName) -> LeaseRecord | None:
        """Who may act on the job, or did last."""
        with self._engine.begin() as connection:
            return lease_row(connection, job, lock=False)


def _refuse_another(known: OperationRecord | None, kind: str, job: JobName) -> None:
    """The lease of one job gives no right to act on another."""
    if known is not None and (known.kind, known.job) != (kind, job):
        raise AnotherOperation(known, kind, job)


def _locked_lease(
    connection: Connection, job: JobName, operation_id: OperationId, holder: str, now: datetime
) -> LeaseRecord:
    """The job's lease, held by this transaction; of a new job one with fence 0.

    It is inserted before it is locked: of two first operations one then waits for the other.
    """
    new = LeaseRecord(job, operation_id, 0, holder, now)
    insert_if_absent(connection, tables.leases, vars(new))
    return lease_row(connection, job, lock=True) or new
