"""What people decided about operations that asked them."""

from sqlalchemy import select

from headgate.ids import OperationId
from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import DecisionRecord
from headgate.ledger.rows import insert_if_absent


class DecisionLog(FencedWrites):
    """One decision an operation. Whoever decides does not hold the job's lease, so no fence."""

    def decide(
        self, operation_id: OperationId, *, is_approved: bool, by: str, reason: str = ""
    ) -> DecisionRecord:
        """Write a decision; the first one holds. Returns the one that holds."""
        decided = DecisionRecord(operation_id, is_approved, by, reason, self._clock.now())
        with self._engine.begin() as connection:
            insert_if_absent(connection, tables.decisions, vars(decided))
        return self.decision(operation_id) or decided

    def decision(self, operation_id: OperationId) -> DecisionRecord | None:
        """What was decided; None while nobody has."""
        query = select(tables.decisions).where(tables.decisions.c.operation_id == operation_id)
        with self._engine.begin() as connection:
            row = connection.execute(query).first()
        return DecisionRecord(**row._mapping) if row else None  # noqa: SLF001
