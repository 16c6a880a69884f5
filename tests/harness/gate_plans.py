"""SQL jobs compiled by the real Flink lines, with and without the hand-over gate; no server."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from headgate.ids import JobName
from headgate.operations.compile_plan import files_of
from headgate.operations.flink_python import FlinkPython, flink_python_of
from headgate.plan.binding import Binding, Gate
from headgate.plan.tables import Table, Watermark
from headgate.spec.columns import Column
from headgate.spec.load_environment import load_environment_or_installed

from harness.stack import PROJECT

LINES = ("2.2", "2.3")
_TIME, _KEY, _NUMBER = "TIMESTAMP(3)", "STRING", "BIGINT"
_DATAGEN = {"connector": "datagen"}
_BLACKHOLE = {"connector": "blackhole"}


def table(name: str, watermark: bool = False, **columns: str) -> Table:
    """A source with a watermark on its `seen`, or a sink."""
    return Table(
        name,
        tuple(Column(column, kind, not_null=True) for column, kind in columns.items()),
        Watermark("seen", timedelta(seconds=5)) if watermark else None,
        _DATAGEN if watermark else _BLACKHOLE,
    )


READINGS = table("readings", watermark=True, k=_KEY, v=_NUMBER, seen=_TIME)
OTHERS = table("others", watermark=True, k=_KEY, v=_NUMBER, seen=_TIME)
COUNTS = table("counts", k=_KEY, window_end=_TIME, n=_NUMBER)
RENAMED = table("renamed", k=_KEY, closed=_TIME, n=_NUMBER)
ENDS = table("ends", k=_KEY, window_end=_TIME)
PASSED = table("passed", k=_KEY, seen=_TIME, v=_NUMBER)
TUMBLE = "TABLE(TUMBLE(TABLE readings, DESCRIPTOR(seen), INTERVAL '1' MINUTE))"
WINDOW = "GROUP BY k, window_start, window_end"
COUNT = f"SELECT k, window_end, COUNT(*) AS n FROM {TUMBLE} {WINDOW}"
MATCH = """SELECT * FROM readings MATCH_RECOGNIZE (
  PARTITION BY k ORDER BY seen
  MEASURES LAST(B.seen) AS confirmed, B.v AS v
  ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B)
  DEFINE A AS A.v < 3, B AS B.v > 3)"""


def compile_sql(
    line: str,
    sql: str,
    *,
    bounds: Mapping[str, str] | None = None,
    has_gate: bool = True,
) -> dict[str, Any]:
    """The compiled plan of a job that may use all tables of this module."""
    python = python_of(line)
    gate = Gate(python.cluster.gate, bounds or {}) if python.cluster.gate and has_gate else None
    binding = Binding(
        job=JobName("sample"),
        role="live",
        kind="sql",
        tables=(READINGS, OTHERS, COUNTS, RENAMED, ENDS, PASSED),
        sql=sql,
        plan="plan.json",
        module=None,
        configuration={
            "table.local-time-zone": "UTC",
            "table.plan.compile.catalog-objects": "IDENTIFIER",
        },
        submission={},
        gate=gate,
    )
    files = files_of(JobName("sample"), binding)
    content: dict[str, Any] = json.loads(python.run("compile_plan.py", binding.job, files))
    return content


def python_of(line: str) -> FlinkPython:
    """The installed Python of a line."""
    return flink_python_of(PROJECT, line, load_environment_or_installed(PROJECT, None))
