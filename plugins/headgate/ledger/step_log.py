"""Steps: intended before their effect, done after it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from headgate.ids import OperationId
from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import Json, LeaseRecord, StepRecord


class StepLog(FencedWrites):
    """Steps: intended before their effect, done after it."""

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


def _step_update(lease: LeaseRecord, name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's Update
    columns = tables.steps.c
    return update(tables.steps).where(
        columns.operation_id == lease.operation_id, columns.name == name
    )
