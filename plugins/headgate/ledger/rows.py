"""Single rows by their key: read as plain values, written once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from headgate.ids import JobName, OperationId
from headgate.ledger import tables
from headgate.ledger.records import LeaseRecord, OperationRecord


def one_row(connection: Connection, table: Table, key: Any, *, lock: bool) -> Row[Any] | None:  # noqa: ANN401
    """The row with this key; with `lock`, nobody else writes it until the transaction ends."""
    (column,) = table.primary_key.columns
    query = select(table).where(column == key)
    return connection.execute(query.with_for_update() if lock else query).first()


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert the row unless one with its key is there; whether it was inserted.

    Waits for another transaction that is inserting the same key, so that of two first writers
    exactly one succeeds and the other one then sees its row.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing()
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted).rowcount == 1


def operation_row(connection: Connection, operation_id: OperationId) -> OperationRecord | None:
    """An operation by its id."""
    row = one_row(connection, tables.operations, operation_id, lock=False)
    return OperationRecord(**row._mapping) if row else None  # noqa: SLF001


def lease_row(connection: Connection, job: JobName, *, lock: bool) -> LeaseRecord | None:
    """The lease of a job."""
    row = one_row(connection, tables.leases, job, lock=lock)
    return LeaseRecord(**row._mapping) if row else None  # noqa: SLF001
