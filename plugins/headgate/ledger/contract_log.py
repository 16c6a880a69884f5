"""Applications of schemas and topics: what was to be changed, who agreed, what became of it."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import insert, select, update

from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import ContractRunRecord, Json


class ContractLog(FencedWrites):
    """Applications of schemas and topics."""

    def begin_contract_run(self, run: ContractRunRecord) -> None:
        """Write a run before its first effect."""
        with self._engine.begin() as connection:
            connection.execute(insert(tables.contract_runs).values(**vars(run)))

    def end_contract_run(
        self, run_id: str, state: Literal["complete", "incomplete"], items: Sequence[Json]
    ) -> None:
        """Write what became of each change."""
        with self._engine.begin() as connection:
            connection.execute(
                update(tables.contract_runs)
                .where(tables.contract_runs.c.id == run_id)
                .values(state=state, items=list(items), ended_at=self._clock.now())
            )

    def contract_runs(self, limit: int | None = None) -> Sequence[ContractRunRecord]:
        """Runs, newest first."""
        started = tables.contract_runs.c.started_at.desc()
        query = select(tables.contract_runs).order_by(started).limit(limit)
        with self._engine.begin() as connection:
            return [ContractRunRecord(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001
