"""What all parts of the ledger stand on: one engine, and writes that only the holder can make."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from headgate.clock import Clock
from headgate.ids import OperationId
from headgate.ledger.errors import Superseded
from headgate.ledger.records import LeaseRecord
from headgate.ledger.rows import lease_row


class FencedWrites:
    """Each call is one transaction."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    @contextmanager
    def _fenced(self, lease: LeaseRecord) -> Iterator[Connection]:
        """A transaction in which the lease is still the holder's.

        Raises:
            Superseded: the lease has a higher fence; nothing was written.

        """
        with self._engine.begin() as connection:
            current = lease_row(connection, lease.job, lock=True)
            if current is None or _taking(current) != _taking(lease):
                holder = current.holder if current else "nobody"
                raise Superseded(
                    f"{lease.job}: operation {lease.operation_id} is now in the hands of {holder}",
                    still_true="This late attempt wrote nothing.",
                    next_step=f"headgate status {lease.job}",
                )
            yield connection


def _taking(lease: LeaseRecord) -> tuple[OperationId, int]:
    """A fence alone is not enough: in a ledger that was rebuilt, fences begin anew."""
    return lease.operation_id, lease.fence
