"""Snapshots: written when verified, changed while they live, removed when they are gone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from headgate.ids import JobName
from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import LeaseRecord, SnapshotRecord


class SnapshotLog(FencedWrites):
    """Savepoints and retained checkpoints that were recorded."""

    def add_snapshot(self, lease: LeaseRecord, snapshot: SnapshotRecord) -> None:
        """Write a verified snapshot; the same one again is no error."""
        with self._fenced(lease) as connection:
            known = tables.snapshots.c.location == snapshot.location
            if connection.execute(select(tables.snapshots).where(known)).first() is None:
                connection.execute(insert(tables.snapshots).values(**vars(snapshot)))

    def update_snapshot(self, lease: LeaseRecord, location: str, **changes: Any) -> None:  # noqa: ANN401
        """Write what has become of a snapshot of the lease's job: columns of its record."""
        with self._fenced(lease) as connection:
            connection.execute(
                update(tables.snapshots).where(*_this(lease, location)).values(**changes)
            )

    def remove_snapshot(self, lease: LeaseRecord, location: str) -> None:
        """Forget a snapshot whose files are gone; one that is forgotten already is no error."""
        with self._fenced(lease) as connection:
            connection.execute(delete(tables.snapshots).where(*_this(lease, location)))

    def snapshots(self, job: JobName) -> Sequence[SnapshotRecord]:
        """Recorded snapshots of a job in every state, newest first."""
        query = (
            select(tables.snapshots)
            .where(tables.snapshots.c.job == job)
            .order_by(tables.snapshots.c.taken_at.desc())
        )
        with self._engine.begin() as connection:
            return [SnapshotRecord(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001


def _this(lease: LeaseRecord, location: str) -> tuple[Any, Any]:
    return tables.snapshots.c.location == location, tables.snapshots.c.job == lease.job
