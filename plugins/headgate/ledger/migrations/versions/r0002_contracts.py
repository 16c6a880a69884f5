"""What deployments read and write, and every application of schemas and topics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Deployments made before know their topics no longer: NULL."""
    op.add_column("deployments", sa.Column("reads", sa.JSON))
    op.add_column("deployments", sa.Column("writes", sa.JSON))
    op.create_table(
        "contract_runs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("surface", sa.String(200), nullable=False),
        sa.Column("approved_by", sa.String(200)),
        sa.Column("cluster_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("items", sa.JSON, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_contract_runs"),
    )
