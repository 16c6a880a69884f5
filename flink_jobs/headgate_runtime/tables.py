"""The table environment of a run: its options set, its tables created."""

from pyflink.table import TableEnvironment

from headgate_runtime.binding import Binding


def prepare(tables: TableEnvironment, binding: Binding) -> None:
    """Set the binding's options and create its tables for this session only."""
    for option, value in binding.configuration.items():
        tables.get_config().set(option, value)
    for table in binding.tables:
        tables.execute_sql(table.ddl)
