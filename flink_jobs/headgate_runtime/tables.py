"""The table environment of a run: its options set, its gate and its tables there."""

from pyflink.table import TableEnvironment

from headgate_runtime.binding import Binding
from headgate_runtime.gated_insert import GATE_CLASS, GATE_FUNCTION


def prepare(tables: TableEnvironment, binding: Binding) -> None:
    """Set the binding's options, create the gate and the tables for this session only."""
    for option, value in binding.configuration.items():
        tables.get_config().set(option, value)
    if binding.gate is not None:
        tables.get_config().set("pipeline.jars", binding.gate.jar.as_uri())
        tables.execute_sql(
            f"CREATE TEMPORARY SYSTEM FUNCTION {GATE_FUNCTION} AS '{GATE_CLASS}' LANGUAGE JAVA"
        )
    for table in binding.tables:
        tables.execute_sql(table.ddl)
