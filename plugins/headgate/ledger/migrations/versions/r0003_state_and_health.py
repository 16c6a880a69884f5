"""State manifests, what is known of a snapshot, and the last look at each job's health."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Snapshots made before were all whole and made by a stop; the rest of them is not known."""
    op.add_column("deployments", sa.Column("state_manifest", sa.JSON))
    op.add_column("deployments", sa.Column("flink_version", sa.String(16)))
    op.add_column("deployments", sa.Column("parallelism", sa.Integer))
    for column in (
        sa.Column("state", sa.String(16), nullable=False, server_default="whole"),
        sa.Column("origin", sa.String(16), nullable=False, server_default="stop"),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("flink_version", sa.String(16)),
        sa.Column("artefact_digest", sa.String(32)),
        sa.Column("proven_at", _TIME),
    ):
        op.add_column("snapshots", column)
    op.create_table(
        "health_looks",
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("flink_job_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("looked_at", _TIME, nullable=False),
        sa.Column("memory", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_health_looks"),
    )
