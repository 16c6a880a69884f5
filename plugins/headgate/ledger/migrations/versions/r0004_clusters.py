"""Which cluster a deployment was submitted to; room for texts that people and servers choose."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_LIMITED = {
    "operations": {"surface": 200},
    "leases": {"holder": 200},
    "turns": {"resource": 80},
    "deployments": {"flink_version": 16},
    "snapshots": {"flink_version": 16},
    "contract_runs": {"surface": 200, "approved_by": 200},
}
"""Length of a column that had one. Addresses, hosts, DAGs and versions of vendors are longer."""
_NULLABLE = {"flink_version", "approved_by"}


def upgrade() -> None:
    """Deployments made before do not know their cluster: NULL.

    SQLite cannot change the type of a column: there the table is copied, in this transaction.
    """
    op.add_column("deployments", sa.Column("cluster", sa.Text))
    for table, columns in _LIMITED.items():
        with op.batch_alter_table(table) as batch:
            for column, length in columns.items():
                batch.alter_column(
                    column,
                    existing_type=sa.String(length),
                    existing_nullable=column in _NULLABLE,
                    type_=sa.Text,
                )
