"""Check a `job.sql` without Flink: one INSERT INTO for each sink and nothing else."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from headgate.errors import Finding
from headgate.ids import sql_identifier
from headgate.spec.sql_statements import Statement, UnterminatedError, split_statements
from headgate.spec.suggestion import did_you_mean

_INSTEAD = {
    "CREATE": (
        "tables are generated from the topics and job.yaml; for a part of the query use WITH"
    ),
    "DROP": "tables are generated from the topics and job.yaml",
    "ALTER": "tables are generated from the topics and job.yaml",
    "SET": "put options under `flink_configuration` in job.yaml",
    "RESET": "put options under `flink_configuration` in job.yaml",
    "USE": "there is one catalog and one database",
    "ADD": "jars belong to the cluster",
    "SELECT": "a job writes its result: INSERT INTO a sink SELECT ...",
    "WITH": "write INSERT INTO a sink first, then WITH ... SELECT",
    "EXECUTE": "write one INSERT INTO for each sink; they run as one statement set",
    "BEGIN": "write one INSERT INTO for each sink; they run as one statement set",
    "END": "write one INSERT INTO for each sink; they run as one statement set",
}


def lint_sql(file: Path, sql: str, sinks: Sequence[str] | None) -> list[Finding]:
    """All findings of a job's SQL. `sinks` are the declared topics, None if they are unknown."""
    try:
        statements = split_statements(sql)
    except UnterminatedError as error:
        return [Finding(file, error.line, str(error))]
    if not statements:
        return [Finding(file, 1, "the file holds no statement; write INSERT INTO ... SELECT ...")]
    return [Finding(file, line, message) for line, message in _problems(statements, sinks)]


def _problems(
    statements: list[Statement], sinks: Sequence[str] | None
) -> Iterator[tuple[int, str]]:
    tables = {sql_identifier(sink): sink for sink in sinks or ()}
    written: dict[str, int] = {}
    for statement in statements:
        first = statement.words[0].upper()
        second = statement.words[1].upper() if len(statement.words) > 1 else ""
        if (first, second) != ("INSERT", "INTO"):
            instead = _INSTEAD.get(first, "only INSERT INTO ... SELECT ... may stand here")
            yield statement.line, f"{first} is not allowed: {instead}"
            continue
        table, is_qualified = _target(statement.words[2:])
        if not table or is_qualified:
            yield statement.line, "INSERT INTO must name a sink's table, without a catalog"
            continue
        if table in written:
            yield (
                statement.line,
                (f"'{table}' is written twice, first in line {written[table]}; use UNION ALL"),
            )
        written.setdefault(table, statement.line)
        if sinks is not None and table not in tables:
            yield statement.line, _not_a_sink(table, tables)
    if sinks is not None and not any(table not in tables for table in written):
        for table, sink in tables.items():
            if table not in written:
                yield 1, f"nothing is written to the sink '{sink}': INSERT INTO {table} is missing"


def _target(words: Sequence[str]) -> tuple[str, bool]:
    """The table behind INSERT INTO, and whether it has a catalog or database before it.

    A hyphen in a name that is not quoted is read as part of it, to explain it better.
    """
    if not words or words[0][0] in "'\"(":
        return "", False
    name = words[0].strip("`")
    rest = list(words[1:])
    while len(rest) > 1 and rest[0] == "-":
        name += f"-{rest[1]}"
        rest = rest[2:]
    return name, bool(rest) and rest[0] == "."


def _not_a_sink(table: str, tables: dict[str, str]) -> str:
    if sql_identifier(table) in tables:
        return f"write {sql_identifier(table)}: in SQL the hyphens of a topic are underscores"
    return f"'{table}' is not a sink in job.yaml{did_you_mean(table, tables)}"
