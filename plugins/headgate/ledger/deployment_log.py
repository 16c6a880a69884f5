"""Deployments: what was submitted, and what has become of it."""

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from headgate.ids import FlinkJobId, JobName
from headgate.ledger import tables
from headgate.ledger.fencing import FencedWrites
from headgate.ledger.records import (
    DeploymentRecord,
    DeploymentState,
    LeaseRecord,
)


class DeploymentLog(FencedWrites):
    """Deployments: what was submitted, and what has become of it."""

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
        **changes: str | int | None,
    ) -> None:
        """Write the new state of a deployment and other columns that became known."""
        with self._fenced(lease) as connection:
            connection.execute(
                update(tables.deployments)
                .where(tables.deployments.c.flink_job_id == flink_job_id)
                .values(state=state, updated_at=self._clock.now(), **changes)
            )

    def seen_healthy(self, flink_job_id: FlinkJobId) -> None:
        """Write that an intended deployment works; whatever else has become of one stays.

        Needs no lease: it says what was seen, and the next write of an operation goes over it.
        """
        columns = tables.deployments.c
        with self._engine.begin() as connection:
            connection.execute(
                update(tables.deployments)
                .where(columns.flink_job_id == flink_job_id, columns.state == "intended")
                .values(state="healthy", updated_at=self._clock.now())
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

    def sources(self) -> Sequence[tuple[JobName, str]]:
        """Every job with every snapshot that one of its deployments was restored from."""
        columns = tables.deployments.c
        query = select(columns.job, columns.restored_from).distinct()
        with self._engine.begin() as connection:
            rows = connection.execute(query.where(columns.restored_from.is_not(None))).all()
        return [(JobName(job), source) for job, source in rows]

    def deployment(self, job: JobName, flink_job_id: FlinkJobId) -> DeploymentRecord:
        """The deployment with this Flink job id. Raises KeyError if there is none."""
        for deployment in self.deployments(job):
            if deployment.flink_job_id == flink_job_id:
                return deployment
        raise KeyError(flink_job_id)
