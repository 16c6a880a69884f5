"""The first ledger: operations, steps, leases, turns, deployments, snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_operations()
    _create_deployments()


def _create_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("surface", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("next_step", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
    )
    op.create_index("ix_operations_job", "operations", ["job"])
    op.create_table(
        "steps",
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("intent", sa.JSON, nullable=False),
        sa.Column("progress", sa.JSON, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("intended_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("operation_id", "name", name="pk_steps"),
    )
    op.create_table(
        "leases",
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(200), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_leases"),
    )
    op.create_table(
        "turns",
        sa.Column("resource", sa.String(80), nullable=False),
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("resource", name="pk_turns"),
    )


def _create_deployments() -> None:
    op.create_table(
        "deployments",
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("flink_job_id", sa.String(32), nullable=False),
        sa.Column("line", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("spec_digest", sa.String(32), nullable=False),
        sa.Column("plan_digest", sa.String(32)),
        sa.Column("artefact_digest", sa.String(32)),
        sa.Column("artefacts", sa.Text),
        sa.Column("restored_from", sa.Text),
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("job", "generation", "attempt", name="pk_deployments"),
        sa.UniqueConstraint("flink_job_id", name="uq_deployments_flink_job_id"),
    )
    op.create_table(
        "snapshots",
        sa.Column("location", sa.Text, nullable=False),
        sa.Column("job", sa.String(80), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("flink_job_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("line", sa.String(16), nullable=False),
        sa.Column("plan_digest", sa.String(32)),
        sa.Column("spec_digest", sa.String(32), nullable=False),
        sa.Column("metadata_bytes", sa.Integer, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("location", name="pk_snapshots"),
        sa.UniqueConstraint("operation_id", "location", name="uq_snapshots_operation_id"),
    )
    op.create_index("ix_snapshots_job", "snapshots", ["job"])
