"""Turns at something that only one may use at a time."""

from datetime import timedelta

from sqlalchemy import delete, update

from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import LeaseRecord
from headgate.ledger.rows import insert_if_absent, one_row


class Turns(FencedWrites):
    """Turns at something that only one may use at a time."""

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
            own = {"operation_id": lease.operation_id, "taken_at": now}
            if insert_if_absent(connection, tables.turns, {"resource": resource, **own}):
                return True
            held = one_row(connection, tables.turns, resource, lock=True)
            if held is None:
                return False  # it was given back this instant; whoever asks again may have it
            is_own = held.operation_id == lease.operation_id
            if now - held.taken_at < (own_ends if is_own else others_end):
                return False
            connection.execute(update(tables.turns).where(turns.resource == resource).values(own))
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
