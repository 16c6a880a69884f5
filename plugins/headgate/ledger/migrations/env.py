"""Alembic's entry: the migrations run on the connection that the ledger has opened."""

from alembic import context

from headgate.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
