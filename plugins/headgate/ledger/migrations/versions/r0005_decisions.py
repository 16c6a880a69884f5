"""What people decided about operations that asked them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nobody was asked before."""
    op.create_table(
        "decisions",
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("is_approved", sa.Boolean, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operation_id", name="pk_decisions"),
    )
