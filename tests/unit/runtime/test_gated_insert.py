import pytest
from headgate_runtime.gated_insert import gated, sink_of

COLUMNS = ("k", "window_end", "n")
CALL = "WHERE `headgate_gate`(`window_end`, `k`, `n`)"
NAMES = "AS `results` (`k`, `window_end`, `n`)"
WITH = "WITH c AS (SELECT 1) SELECT * FROM c -- all"
END = f") {NAMES} {CALL}"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "INSERT INTO counts SELECT a, b, c FROM t",
            f"INSERT INTO counts SELECT * FROM ( SELECT a, b, c FROM t\n) {NAMES} {CALL}",
        ),
        (
            "\n\ninsert into `counts`\n(SELECT a, b, c FROM t)",
            f"\n\ninsert into `counts` SELECT * FROM (\n(SELECT a, b, c FROM t)\n) {NAMES} {CALL}",
        ),
        (
            f"INSERT INTO counts {WITH}",
            f"INSERT INTO counts SELECT * FROM ( {WITH}\n{END}",
        ),
        (
            "-- counts\nINSERT INTO a.b.counts /*+ OPTIONS('x'='(') */ VALUES (1, 2, 3)",
            (
                "-- counts\nINSERT INTO a.b.counts /*+ OPTIONS('x'='(') */ SELECT * FROM ("
                f" VALUES (1, 2, 3)\n{END}"
            ),
        ),
        (
            "INSERT INTO counts (n, k, `window_end`) SELECT c, a, b FROM t",
            (
                "INSERT INTO counts (n, k, `window_end`) SELECT * FROM ( SELECT c, a, b FROM t\n)"
                " AS `results` (`n`, `k`, `window_end`)"
                " WHERE `headgate_gate`(`window_end`, `n`, `k`)"
            ),
        ),
    ],
    ids=["plain", "brackets", "with", "hint", "list"],
)
def test_the_gate_stands_around_the_whole_query(statement: str, expected: str) -> None:
    assert gated(statement, COLUMNS, "window_end") == expected
    assert sink_of(statement) == "counts"


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "INSERT INTO",
        "INSERT INTO counts",
        "INSERT OVERWRITE counts SELECT 1",
        "INSERT INTO counts PARTITION (k = 'a') SELECT 1, 2",
        "INSERT INTO counts (k, n) SELECT 1, 2",
        "INSERT INTO counts (k, n",
        "INSERT INTO 'counts' SELECT 1",
        "EXECUTE STATEMENT SET BEGIN INSERT INTO counts SELECT 1; END",
    ],
)
def test_a_statement_of_another_form_is_left_as_it_is(statement: str) -> None:
    assert gated(statement, COLUMNS, "window_end") is None


def test_a_name_with_a_backtick_stays_one_name() -> None:
    assert sink_of("INSERT INTO `odd``name` SELECT 1") == "odd`name"
