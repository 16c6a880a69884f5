"""Files of rows: every value by its type, every mistake by its line."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from headgate.clients.records.avro_values import converter, enums_of
from headgate.clients.records.row_file import RowFile
from headgate.errors import Rejected, SpecError

COLOUR = {"type": "enum", "name": "Colour", "symbols": ["red", "blue"]}
INSTANT = {"type": "long", "logicalType": "timestamp-millis"}
SCHEMA = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "n", "type": "long"},
        {"name": "at", "type": INSTANT},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}


@pytest.mark.parametrize(
    ("schema", "given", "value"),
    [
        ("string", "", ""),
        ("int", "-7", -7),
        ("long", "9223372036854775807", 2**63 - 1),
        ("double", "1e3", 1000.0),
        ("double", 2, 2.0),
        ("boolean", "TRUE", True),
        ("boolean", False, False),
        ("bytes", "é", "é".encode()),
        (INSTANT, "2026-11-24T07:43:00Z", 1_795_506_180_000),
        (INSTANT, "2026-11-24 08:43:00.2509+01:00", 1_795_506_180_250),
        (INSTANT, "2026-11-24T07:43:00", 1_795_506_180_000),
        (INSTANT, "1795506180250", 1_795_506_180_250),
        (INSTANT, "1969-12-31T23:59:59.999Z", -1),
        ({"type": "long", "logicalType": "timestamp-micros"}, "1970-01-01T00:00:01.5", 1_500_000),
        ({"type": "int", "logicalType": "date"}, "2026-11-24", date(2026, 11, 24)),
        ({"type": "bytes", "logicalType": "decimal"}, "1.20", Decimal("1.20")),
        (COLOUR, "red", "red"),
        ("Colour", "blue", "blue"),
        (["null", "long"], "", None),
        (["null", "long"], None, None),
        (["null", "long"], "5", 5),
        (["null", INSTANT], "1970-01-01T00:00:01Z", 1000),
    ],
)
def test_convert(schema: Any, given: Any, value: Any) -> None:
    converted = converter(schema, enums_of(COLOUR))(given)
    assert converted == value
    assert type(converted) is type(value)


@pytest.mark.parametrize(
    ("schema", "given", "problem"),
    [
        ("int", "2147483648", "does not fit into int"),
        ("long", "1.5", "not a whole number"),
        ("long", True, "not a whole number"),
        ("long", "", "an empty cell"),
        ("long", "٣", "not a whole number"),
        ("double", "abc", "not a number"),
        ("double", "NaN", "not a finite number"),
        ("double", True, "not a number"),
        ("double", None, "an empty cell is not a number"),
        ("boolean", "1", "neither true nor false"),
        ("string", 5, "not text"),
        (INSTANT, "yesterday", "not a time"),
        (COLOUR, "green", "not one of red, blue"),
        (["null", "long"], "x", "not a whole number"),
    ],
)
def test_convert_what_does_not_fit_says_why(schema: Any, given: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        converter(schema, {})(given)


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_csv_rows_with_quotes_bom_and_empty_lines(tmp_path: Path) -> None:
    text = '\ufeffat,id,n,note\r\n0,"a,\n""b",1,\r\n\r\n1970-01-01T00:00:01Z,c,2,hm\r\n'
    rows = RowFile(written(tmp_path, "f.csv", text), SCHEMA)
    for _twice in range(2):
        first, second = rows.rows()
        assert first == (2, {"at": 0, "id": 'a,\n"b', "n": 1, "note": None}, "")
        assert second == (5, {"at": 1000, "id": "c", "n": 2, "note": "hm"}, "")


def test_csv_column_with_default_may_be_left_out(tmp_path: Path) -> None:
    (row,) = RowFile(written(tmp_path, "f.csv", "id,n,at\na,1,0\n"), SCHEMA).rows()
    assert row.value == {"id": "a", "n": 1, "at": 0}


def test_csv_header_lists_everything_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        RowFile(written(tmp_path, "f.csv", "id,nn,id\n"), SCHEMA)
    messages = sorted(finding.message for finding in caught.value.findings)
    assert [message.split(";")[0] for message in messages] == [
        "column 'at' is missing",
        "column 'id' comes twice",
        "column 'n' is missing",
        "there is no field 'nn' in the schema",
    ]
    assert caught.value.still_true == "Nothing was produced."


def test_csv_bad_rows_have_line_and_every_problem(tmp_path: Path) -> None:
    text = 'id,n,at\na,x,y\nb,1\nc,3,0\nd,"4"4,0\n'
    bad_values, short, good, not_csv = RowFile(written(tmp_path, "f.csv", text), SCHEMA).rows()
    assert bad_values.line == 2
    assert "n: 'x' is not a whole number" in bad_values.problem
    assert "at: 'y' is not a time" in bad_values.problem
    assert (short.line, short.problem) == (3, "2 cells, but the header has 3")
    assert good == (4, {"id": "c", "n": 3, "at": 0}, "")
    assert not_csv.line == 5
    assert not_csv.problem.startswith("not CSV")


def test_json_rows(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": "a", "n": 1, "at": "1970-01-01T00:00:01Z", "note": "x"}),
        json.dumps({"id": "a", "n": "1", "at": 5}),
        json.dumps({"id": "a", "x": 1}),
        "[1]",
        "",
        "{oops",
    ]
    good, text_number, fields, no_object, no_json = RowFile(
        written(tmp_path, "f.jsonl", "\n".join(lines)), SCHEMA
    ).rows()
    assert good.value == {"id": "a", "n": 1, "at": 1000, "note": "x"}
    assert text_number.value == {"id": "a", "n": 1, "at": 5}
    assert "there is no field 'x'" in fields.problem
    assert "field 'n' is missing; field 'at' is missing" in fields.problem
    assert (no_object.line, no_object.problem) == (4, "not a JSON object")
    assert no_json.line == 6


@pytest.mark.parametrize("name", ["f.txt", "f", "f.csv.gz"])
def test_unknown_ending_is_rejected(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match=r"\.csv or \.jsonl"):
        RowFile(written(tmp_path, name, "x"), SCHEMA)


def test_missing_empty_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="there is no file"):
        RowFile(tmp_path / "f.csv", SCHEMA)
    with pytest.raises(SpecError, match="the file is empty"):
        RowFile(written(tmp_path, "f.csv", ""), SCHEMA)
    with pytest.raises(SpecError, match="UTF-8"):
        RowFile(written(tmp_path, "f.csv", b"id,n,at\xff\n"), SCHEMA)
    rows = RowFile(written(tmp_path, "g.csv", b"id,n,at\na,1,0\n\xff,1,0\n"), SCHEMA)
    assert list(rows.rows())[1] == (3, {}, "not UTF-8")


def test_type_that_no_row_can_hold_is_rejected_with_its_field(tmp_path: Path) -> None:
    deep = {"type": "array", "items": "int"}
    schema = {"type": "record", "name": "R", "fields": [{"name": "many", "type": deep}]}
    with pytest.raises(Rejected, match="'many': a value of type array"):
        RowFile(written(tmp_path, "f.csv", "many\n1\n"), schema)


def test_instants_agree_with_datetime() -> None:
    for moment in (datetime(1901, 1, 1, tzinfo=UTC), datetime(2100, 6, 1, 1, 2, 3, tzinfo=UTC)):
        assert converter(INSTANT, {})(moment.isoformat()) == round(moment.timestamp() * 1000)
