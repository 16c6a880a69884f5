"""The ledger: every write is fenced, so that only the current holder of a job's lease is heard."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, delete, insert, select, update

from headgate.clock import Clock
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, JobName, OperationId
from headgate.ledger import tables
from headgate.ledger.records import (
    DeploymentRecord,
    DeploymentState,
    Json,
    LeaseRecord,
    OperationRecord,
    OperationState,
    SnapshotRecord,
    StepRecord,
)


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


class Ledger:
    """Reads and fenced writes. One instance a process; each call is one transaction."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    # --- operations and leases -------------------------------------------------------------

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

        """
        with self._engine.begin() as connection:
            now = self._clock.now()
            if _operation(connection, operation_id) is None:
                connection.execute(
                    insert(tables.operations).values(
                        id=operation_id,
                        kind=kind,
                        job=job,
                        state="running",
                        request=dict(request),
                        surface=surface,
                        reason="",
                        next_step="",
                        started_at=now,
                    )
                )
            lease = _lease(connection, job, lock=True)
            if lease is not None and lease.operation_id != operation_id:
                holding = _operation(connection, lease.operation_id)
                if holding is not None and holding.state == "running":
                    raise Busy(lease, holding)
            taken = LeaseRecord(job, operation_id, lease.fence + 1 if lease else 1, holder, now)
            values = {
                "operation_id": taken.operation_id,
                "fence": taken.fence,
                "holder": holder,
                "taken_at": now,
            }
            if lease is None:
                connection.execute(insert(tables.leases).values(job=job, **values))
            else:
                connection.execute(
                    update(tables.leases).where(tables.leases.c.job == job).values(values)
                )
            return taken

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
            return _operation(connection, operation_id)

    def running_operation(self, job: JobName) -> OperationRecord | None:
        """The operation that holds the job's lease and has not ended."""
        with self._engine.begin() as connection:
            lease = _lease(connection, job, lock=False)
            operation = _operation(connection, lease.operation_id) if lease else None
            return operation if operation and operation.state == "running" else None

    def operations(self, job: JobName | None = None, limit: int = 50) -> Sequence[OperationRecord]:
        """The latest operations, newest first."""
        query = select(tables.operations).order_by(tables.operations.c.started_at.desc())
        if job is not None:
            query = query.where(tables.operations.c.job == job)
        with self._engine.begin() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [OperationRecord(**row._mapping) for row in rows]  # noqa: SLF001 - its public API

    def lease(self, job: JobName) -> LeaseRecord | None:
        """Who may act on the job, or did last."""
        with self._engine.begin() as connection:
            return _lease(connection, job, lock=False)

    # --- steps -----------------------------------------------------------------------------

    def intend_step(self, lease: LeaseRecord, name: str, position: int, intent: Json) -> None:
        """Write what is about to be done, with every id, before anything is done."""
        with self._fenced(lease) as connection:
            connection.execute(
                insert(tables.steps).values(
                    operation_id=lease.operation_id,
                    name=name,
                    position=position,
                    state="intended",
                    intent=dict(intent),
                    progress={},
                    evidence={},
                    fence=lease.fence,
                    intended_at=self._clock.now(),
                )
            )

    def note_progress(self, lease: LeaseRecord, name: str, progress: Json) -> None:
        """Remember what the last look saw, for the next one."""
        with self._fenced(lease) as connection:
            connection.execute(_step_update(lease, name).values(progress=dict(progress)))

    def finish_step(self, lease: LeaseRecord, name: str, evidence: Json) -> None:
        """Write that the effect is there, and how that was seen."""
        with self._fenced(lease) as connection:
            connection.execute(
                _step_update(lease, name).values(
                    state="done",
                    evidence=dict(evidence),
                    fence=lease.fence,
                    done_at=self._clock.now(),
                )
            )

    def steps(self, operation_id: OperationId) -> Sequence[StepRecord]:
        """The steps of an operation in their order."""
        query = (
            select(tables.steps)
            .where(tables.steps.c.operation_id == operation_id)
            .order_by(tables.steps.c.position)
        )
        with self._engine.begin() as connection:
            return [StepRecord(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001

    # --- turns at something that only one may use at a time --------------------------------

    def take_turn(
        self, lease: LeaseRecord, resource: str, *, own_ends: timedelta, others_end: timedelta
    ) -> bool:
        """Take the turn at a shared resource, if nobody has it.

        A turn that is not given back, because its holder died, ends by itself: for the same
        operation after `own_ends`, for others after `others_end`.
        """
        turns = tables.turns.c
        with self._fenced(lease) as connection:
            now = self._clock.now()
            held = _one(connection, tables.turns, resource, lock=True)
            if held is not None:
                is_own = held.operation_id == lease.operation_id
                if now - held.taken_at < (own_ends if is_own else others_end):
                    return False
                connection.execute(delete(tables.turns).where(turns.resource == resource))
            connection.execute(
                insert(tables.turns).values(
                    resource=resource, operation_id=lease.operation_id, taken_at=now
                )
            )
            return True

    def give_turn_back(self, lease: LeaseRecord, resource: str) -> None:
        """End the turn, if it is still this operation's."""
        turns = tables.turns.c
        with self._fenced(lease) as connection:
            connection.execute(
                delete(tables.turns).where(
                    turns.resource == resource, turns.operation_id == lease.operation_id
                )
            )

    # --- deployments and snapshots ---------------------------------------------------------

    def add_deployment(self, lease: LeaseRecord, deployment: DeploymentRecord) -> None:
        """Write an intended deployment; the same one again is no error."""
        with self._fenced(lease) as connection:
            known = tables.deployments.c.flink_job_id == deployment.flink_job_id
            if connection.execute(select(tables.deployments).where(known)).first() is None:
                connection.execute(insert(tables.deployments).values(**vars(deployment)))

    def update_deployment(
        self,
        lease: LeaseRecord,
        flink_job_id: FlinkJobId,
        state: DeploymentState,
        **changes: str | None,
    ) -> None:
        """Write the new state of a deployment and other columns that became known."""
        with self._fenced(lease) as connection:
            connection.execute(
                update(tables.deployments)
                .where(tables.deployments.c.flink_job_id == flink_job_id)
                .values(state=state, updated_at=self._clock.now(), **changes)
            )

    def deployments(self, job: JobName | None = None) -> Sequence[DeploymentRecord]:
        """Deployments, the latest submission first."""
        columns = tables.deployments.c
        query = select(tables.deployments).order_by(
            columns.job, columns.generation.desc(), columns.attempt.desc()
        )
        if job is not None:
            query = query.where(columns.job == job)
        with self._engine.begin() as connection:
            return [DeploymentRecord(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001

    def deployment(self, job: JobName, flink_job_id: FlinkJobId) -> DeploymentRecord:
        """The deployment with this Flink job id. Raises KeyError if there is none."""
        for deployment in self.deployments(job):
            if deployment.flink_job_id == flink_job_id:
                return deployment
        raise KeyError(flink_job_id)

    def add_snapshot(self, lease: LeaseRecord, snapshot: SnapshotRecord) -> None:
        """Write a verified snapshot; the same one again is no error."""
        with self._fenced(lease) as connection:
            known = tables.snapshots.c.location == snapshot.location
            if connection.execute(select(tables.snapshots).where(known)).first() is None:
                connection.execute(insert(tables.snapshots).values(**vars(snapshot)))

    def snapshots(self, job: JobName) -> Sequence[SnapshotRecord]:
        """Verified snapshots of a job, newest first."""
        query = (
            select(tables.snapshots)
            .where(tables.snapshots.c.job == job)
            .order_by(tables.snapshots.c.taken_at.desc())
        )
        with self._engine.begin() as connection:
            return [SnapshotRecord(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001

    @contextmanager
    def _fenced(self, lease: LeaseRecord) -> Iterator[Connection]:
        """A transaction in which the lease is still the holder's.

        Raises:
            Superseded: the lease has a higher fence; nothing was written.

        """
        with self._engine.begin() as connection:
            current = _lease(connection, lease.job, lock=True)
            if current is None or current.fence != lease.fence:
                holder = current.holder if current else "nobody"
                raise Superseded(
                    f"{lease.job}: operation {lease.operation_id} is now in the hands of {holder}",
                    still_true="This late attempt wrote nothing.",
                    next_step=f"headgate status {lease.job}",
                )
            yield connection


def _step_update(lease: LeaseRecord, name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's Update
    columns = tables.steps.c
    return update(tables.steps).where(
        columns.operation_id == lease.operation_id, columns.name == name
    )


def _one(connection: Connection, table: Table, key: Any, *, lock: bool) -> Row[Any] | None:  # noqa: ANN401
    (column,) = table.primary_key.columns
    query = select(table).where(column == key)
    return connection.execute(query.with_for_update() if lock else query).first()


def _operation(connection: Connection, operation_id: OperationId) -> OperationRecord | None:
    row = _one(connection, tables.operations, operation_id, lock=False)
    return OperationRecord(**row._mapping) if row else None  # noqa: SLF001


def _lease(connection: Connection, job: JobName, *, lock: bool) -> LeaseRecord | None:
    row = _one(connection, tables.leases, job, lock=lock)
    return LeaseRecord(**row._mapping) if row else None  # noqa: SLF001
