"""The last look at each job: how it was, since when, and what is remembered of it."""

from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy import select, update

from headgate.ids import JobName
from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import HealthLookRecord
from headgate.ledger.rows import insert_if_absent, one_row


class HealthLog(FencedWrites):
    """Looks are observations, so they are not fenced: the latest one counts."""

    def health_look(self, job: JobName) -> HealthLookRecord | None:
        """The last look at a job."""
        with self._engine.begin() as connection:
            row = one_row(connection, tables.health_looks, job, lock=False)
            return HealthLookRecord(**row._mapping) if row else None  # noqa: SLF001

    def health_looks(self) -> Mapping[JobName, HealthLookRecord]:
        """The last look at each job that was ever looked at."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(tables.health_looks)).all()
        return {JobName(row.job): HealthLookRecord(**row._mapping) for row in rows}  # noqa: SLF001

    def write_health_look(self, look: HealthLookRecord) -> None:
        """Write a look in the place of the one before; an older one than that changes nothing."""
        columns = tables.health_looks.c
        values = {field.name: getattr(look, field.name) for field in fields(look)}
        with self._engine.begin() as connection:
            if insert_if_absent(connection, tables.health_looks, values):
                return
            connection.execute(
                update(tables.health_looks)
                .where(columns.job == look.job, columns.looked_at <= look.looked_at)
                .values(**values)
            )
