"""The tables of the ledger. Their history is in `migrations/`; a test keeps the two equal."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept as UTC: SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone; nobody knows when that is."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

operations = Table(
    "operations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("job", String(80), nullable=False, index=True),
    Column("state", String(32), nullable=False),
    Column("request", JSON, nullable=False),
    Column("surface", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("next_step", Text, nullable=False, default=""),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

steps = Table(
    "steps",
    metadata,
    Column("operation_id", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("intent", JSON, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("intended_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    PrimaryKeyConstraint("operation_id", "name"),
)

leases = Table(
    "leases",
    metadata,
    Column("job", String(80), primary_key=True),
    Column("operation_id", String(64), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("operation_id", String(64), nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("operation_id", String(64), primary_key=True),
    Column("is_approved", Boolean, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
)

deployments = Table(
    "deployments",
    metadata,
    Column("job", String(80), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("flink_job_id", String(32), nullable=False, unique=True),
    Column("line", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("spec_digest", String(32), nullable=False),
    Column("plan_digest", String(32)),
    Column("artefact_digest", String(32)),
    Column("artefacts", Text),
    Column("restored_from", Text),
    Column("reads", JSON(none_as_null=True)),
    Column("writes", JSON(none_as_null=True)),
    Column("state_manifest", JSON(none_as_null=True)),
    Column("flink_version", Text),
    Column("parallelism", Integer),
    Column("cluster", Text),
    Column("operation_id", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("job", "generation", "attempt"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("location", Text, primary_key=True),
    Column("job", String(80), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("flink_job_id", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("format", String(16), nullable=False),
    Column("line", String(16), nullable=False),
    Column("plan_digest", String(32)),
    Column("spec_digest", String(32), nullable=False),
    Column("metadata_bytes", Integer, nullable=False),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("state", String(16), nullable=False, server_default="whole"),
    Column("origin", String(16), nullable=False, server_default="stop"),
    Column("size_bytes", BigInteger),
    Column("duration_ms", Integer),
    Column("flink_version", Text),
    Column("artefact_digest", String(32)),
    Column("proven_at", UtcDateTime),
    Column("operation_id", String(64), nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    UniqueConstraint("operation_id", "location"),
)

contract_runs = Table(
    "contract_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("surface", Text, nullable=False),
    Column("approved_by", Text),
    Column("cluster_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("changes", JSON, nullable=False),
    Column("items", JSON, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

health_looks = Table(
    "health_looks",
    metadata,
    Column("job", String(80), primary_key=True),
    Column("flink_job_id", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("memory", JSON, nullable=False),
)
