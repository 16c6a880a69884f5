"""Turns at something that a few may use at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Row, select, update

from headgate.ids import OperationId
from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import LeaseRecord
from headgate.ledger.rows import insert_if_absent, one_row, operation_row

Standing = Literal["own", "free", "taken"]
"""own: the operation has one of the turns; free: it could take one; taken: all are others'."""


class SharedTurns(FencedWrites):
    """A turn ends with its operation, or by itself: nobody has to give it back."""

    def take_shared_turn(
        self, lease: LeaseRecord, resource: str, *, at_a_time: int, ends: timedelta
    ) -> bool:
        """Take one of the turns at a shared resource, if one is free; again is no error.

        A turn is free when its operation has ended, and when it is older than `ends`: one that
        hangs does not keep the others away for ever.
        """
        turns = tables.turns.c
        with self._fenced(lease) as connection:
            now = self._clock.now()
            if self._standing(connection, lease.operation_id, resource, at_a_time, ends) == "own":
                return True
            own = {"operation_id": lease.operation_id, "taken_at": now}
            for name in _names(resource, at_a_time):
                if insert_if_absent(connection, tables.turns, {"resource": name, **own}):
                    return True
                held = one_row(connection, tables.turns, name, lock=True)
                if held is not None and _is_free(connection, held, now, ends):
                    connection.execute(
                        update(tables.turns).where(turns.resource == name).values(own)
                    )
                    return True
            return False

    def standing(
        self, operation: OperationId, resource: str, *, at_a_time: int, ends: timedelta
    ) -> Standing:
        """How the operation stands with the resource. Only reads, so it may be others' soon."""
        with self._engine.begin() as connection:
            return self._standing(connection, operation, resource, at_a_time, ends)

    def _standing(
        self,
        connection: Connection,
        operation: OperationId,
        resource: str,
        at_a_time: int,
        ends: timedelta,
    ) -> Standing:
        query = select(tables.turns).where(tables.turns.c.resource.in_(_names(resource, at_a_time)))
        rows = connection.execute(query).all()
        if any(row.operation_id == operation for row in rows):
            return "own"
        now = self._clock.now()
        is_free = len(rows) < at_a_time or any(_is_free(connection, row, now, ends) for row in rows)
        return "free" if is_free else "taken"


def _names(resource: str, at_a_time: int) -> Sequence[str]:
    return [f"{resource} #{number}" for number in range(1, at_a_time + 1)]


def _is_free(
    connection: Connection, row: Row[tuple[object, ...]], now: datetime, ends: timedelta
) -> bool:
    if now - row.taken_at >= ends:
        return True
    holder = operation_row(connection, OperationId(row.operation_id))
    return holder is None or holder.state != "running"
