import json
from pathlib import Path

import pytest
from headgate_runtime.report import Failure, describe, write_report

VALIDATION = """An error occurred while calling o8.compilePlanSql.
: org.apache.flink.table.api.ValidationException: SQL validation failed. From line 7, column 9 to line 7, column 13: Column 'valeu' not found in any table
\tat org.apache.flink.table.planner.calcite.FlinkPlannerImpl.validate(FlinkPlannerImpl.scala:210)
\tat java.base/java.lang.Thread.run(Unknown Source)
Caused by: org.apache.calcite.runtime.CalciteContextException: From line 7, column 9 to line 7, column 13: Column 'valeu' not found in any table
\tat java.base/jdk.internal.reflect.DirectConstructorHandleAccessor.newInstance(Unknown Source)
\t... 20 more
Caused by: org.apache.calcite.sql.validate.SqlValidatorException: Column 'valeu' not found in any table
\tat java.base/jdk.internal.reflect.DirectConstructorHandleAccessor.newInstance(Unknown Source)
\t... 25 more
"""  # noqa: E501 - as Flink writes it

PARSE = """An error occurred while calling o8.compilePlanSql.
: org.apache.flink.table.api.SqlParserException: SQL parse failed. Encountered "FORM" at line 4, column 1.
Was expecting one of:
    <EOF>
    "FROM" ...
\tat org.apache.flink.table.planner.parse.CalciteParser.parseSqlList(CalciteParser.java:78)
"""  # noqa: E501 - as Flink writes it

UNPLACED = """An error occurred while calling o8.executeSql.
: org.apache.flink.table.api.TableException: Failed to execute sql
\tat org.apache.flink.table.api.internal.TableEnvironmentImpl.executeInternal(T.java:1)
Caused by: java.util.concurrent.TimeoutException: no slots
\t... 4 more
"""


@pytest.mark.parametrize(
    ("text", "kind", "line", "column", "words"),
    [
        (VALIDATION, "CalciteContextException", 7, 9, "Column 'valeu' not found"),
        (PARSE, "SqlParserException", 4, 1, 'Encountered "FORM"'),
        (UNPLACED, "TimeoutException", None, None, "no slots"),
        ("no such file", "OSError", None, None, "no such file"),
    ],
)
def test_a_failure_says_what_and_where(
    text: str, kind: str, line: int | None, column: int | None, words: str
) -> None:
    failure = describe(OSError(text))
    assert (failure.kind, failure.line, failure.column) == (kind, line, column)
    assert words in failure.message
    assert "\tat " not in failure.message
    assert "expecting" not in failure.message
    assert not failure.message.startswith("From line")


def test_an_exception_without_a_message_is_still_named() -> None:
    assert describe(KeyboardInterrupt()).message == "KeyboardInterrupt()"


def test_the_report_is_whole_and_alone_in_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "reports" / "job.report.json"
    write_report(file, Failure("SqlParserException", "wrong", 4, 1))
    assert json.loads(file.read_text()) == {
        "error": {"kind": "SqlParserException", "message": "wrong", "line": 4, "column": 1}
    }
    assert list(file.parent.iterdir()) == [file]
