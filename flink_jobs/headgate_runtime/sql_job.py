"""SQL jobs: compiled once, executed from the compiled plan ever after.

State belongs to the operators of one plan. Compiling the same SQL again numbers them anew, and a
savepoint of the earlier plan no longer maps, so a job never runs from its SQL text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pyflink.table import EnvironmentSettings, TableEnvironment

from headgate_runtime.binding import Binding
from headgate_runtime.gated_insert import gated, sink_of
from headgate_runtime.plan_ids import renumbered
from headgate_runtime.report import describe
from headgate_runtime.result_bounds import bounds_of_results, gated_tables
from headgate_runtime.statements import first_line_of, kind_of, split_statements
from headgate_runtime.tables import prepare


class StatementError(Exception):
    """A statement that job.sql may not hold, or that Flink does not take as a whole."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"At line {line}, column 1: {message}")


def execute_plan(binding: Binding) -> None:
    """Submit the compiled plan with the binding's tables; does not wait for the job's end."""
    if binding.plan is None:
        raise ValueError(f"the binding of {binding.job} names no compiled plan")
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    prepare(tables, binding)
    # PyFlink's load_plan(...).execute() fails: it hands the Java environment to CompiledPlan.
    file = str(binding.plan).replace("'", "''")
    tables.execute_sql(f"EXECUTE PLAN '{file}'")


def compile_plan(binding: Binding, out: Path) -> None:
    """Compile the binding's SQL into a plan file, which appears whole or not at all.

    Several INSERTs make one plan. Where results have a bound, the hand-over gate stands before
    their sink; the SQL is compiled without it first, to find the bounds and to complain of what
    the user has written and not of what was added. Raises `StatementError` for a statement of
    another kind and PyFlink's errors for SQL that does not hold.
    """
    inserts = split_statements(binding.sql or "")
    for statement in inserts:
        if kind_of(statement) != "INSERT INTO":
            raise StatementError(
                f"{kind_of(statement)} is not allowed: only INSERT INTO ... may stand here",
                first_line_of(statement),
            )
    if not inserts:
        raise StatementError("there is no INSERT INTO statement", 1)
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    prepare(tables, binding)
    unfinished = out.with_name(f".{out.name}.unfinished")
    plan = _gated_plan(tables, binding, inserts, _plan_text(tables, inserts))
    unfinished.write_text(plan, encoding="utf-8")
    unfinished.replace(out)


def _gated_plan(tables: TableEnvironment, binding: Binding, inserts: list[str], plan: str) -> str:
    """The plan with gates where they can stand, else the plan that is given."""
    if binding.gate is None:
        return plan
    columns = {table.name: table.columns for table in binding.tables}
    bounds = bounds_of_results(json.loads(plan), columns, binding.gate.bounds)
    while bounds:
        gated_inserts = [_with_gate(insert, columns, bounds) for insert in inserts]
        if gated_inserts == inserts:
            break
        gated_plan = renumbered(_plan_text(tables, gated_inserts))
        kept = {
            t: bound for t, bound in bounds.items() if t in gated_tables(json.loads(gated_plan))
        }
        if kept == bounds:
            return gated_plan
        bounds = kept
    return plan


def _with_gate(insert: str, columns: Mapping[str, Sequence[str]], bounds: Mapping[str, str]) -> str:
    sink = sink_of(insert) or ""
    if sink not in bounds:
        return insert
    return gated(insert, columns[sink], bounds[sink]) or insert


def _plan_text(tables: TableEnvironment, inserts: list[str]) -> str:
    if len(inserts) == 1:
        with _placed(inserts[0]):
            return str(tables.compile_plan_sql(inserts[0]).as_json_string())
    statements = tables.create_statement_set()
    for insert in inserts:
        with _placed(insert):
            statements.add_insert_sql(insert)
    return str(statements.compile_plan().as_json_string())


@contextmanager
def _placed(statement: str) -> Iterator[None]:
    """Give an error that has no place of its own the place of its statement."""
    try:
        yield
    except Exception as error:
        failure = describe(error)
        if failure.line is None:
            raise StatementError(failure.message, first_line_of(statement)) from error
        raise
