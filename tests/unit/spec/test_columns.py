"""Avro fields become the columns that Flink's own conversion would give."""

from typing import Any

import pytest
from headgate.spec.columns import Column, columns_of_record, unwritable_fields

STATUS = {"type": "enum", "name": "Status", "symbols": ["A", "B"]}
POINT = {
    "type": "record",
    "name": "Point",
    "fields": [{"name": "x", "type": "int"}, {"name": "y", "type": ["null", "int"]}],
}


def record(*types: Any) -> dict[str, Any]:
    fields = [{"name": f"f{index}", "type": kind} for index, kind in enumerate(types)]
    return {"type": "record", "name": "R", "namespace": "a.b", "fields": fields}


@pytest.mark.parametrize(
    ("schema", "sql_type", "not_null"),
    [
        ("boolean", "BOOLEAN", True),
        ("int", "INT", True),
        ("long", "BIGINT", True),
        ("float", "FLOAT", True),
        ("double", "DOUBLE", True),
        ("bytes", "BYTES", True),
        ("string", "STRING", True),
        ({"type": "string", "logicalType": "uuid"}, "STRING", True),
        ({"type": {"type": "string"}}, "STRING", True),
        (["null", "string"], "STRING", False),
        (["long", "null"], "BIGINT", False),
        ({"type": "int", "logicalType": "date"}, "DATE", True),
        ({"type": "long", "logicalType": "timestamp-millis"}, "TIMESTAMP(3)", True),
        ({"type": "int", "logicalType": "timestamp-millis"}, "INT", True),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
            "DECIMAL(10, 2)",
            True,
        ),
        ({"type": "fixed", "name": "F", "size": 4}, "VARBINARY(4)", True),
        (STATUS, "STRING", True),
        ({"type": "array", "items": ["null", "string"]}, "ARRAY<STRING>", True),
        ({"type": "array", "items": "string"}, "ARRAY<STRING NOT NULL>", True),
        ({"type": "map", "values": "long"}, "MAP<STRING NOT NULL, BIGINT NOT NULL>", True),
        (POINT, "ROW<`x` INT NOT NULL, `y` INT>", True),
        (["null", POINT], "ROW<`x` INT NOT NULL, `y` INT>", False),
    ],
)
def test_type_is_converted(schema: Any, sql_type: str, not_null: bool) -> None:
    assert columns_of_record(record(schema)) == (Column("f0", sql_type, not_null),)


@pytest.mark.parametrize("name", ["Point", "a.b.Point"])
def test_reference_to_a_named_type_is_followed(name: str) -> None:
    first, second = columns_of_record(record(POINT, {"type": "array", "items": name}))
    assert second.sql_type == f"ARRAY<{first.sql_type} NOT NULL>"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("null", "always null"),
        (["string", "long"], "null with one other type"),
        (["string"], "null with one other type"),
        ({"type": "long", "logicalType": "timestamp-micros"}, "use timestamp-millis"),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, "use timestamp-millis"),
        ({"type": "long", "logicalType": "time-micros"}, "use a plain long"),
        ({"type": "int", "logicalType": "time-millis"}, "use a plain int"),
        ({"type": "array", "items": "R"}, "contains itself"),
    ],
)
def test_type_that_flink_lacks_is_refused_naming_the_field(schema: Any, words: str) -> None:
    with pytest.raises(ValueError, match="field 'f1'") as caught:
        columns_of_record(record("int", schema))
    assert words in str(caught.value)


def test_fixed_can_be_read_and_not_written() -> None:
    schema = record("int", ["null", {"type": "fixed", "name": "F", "size": 4}])
    assert len(columns_of_record(schema)) == 2
    assert list(unwritable_fields(schema, "2.3")) == [1]


def test_enum_cannot_be_written_by_flink_2_2() -> None:
    schema = record("string", STATUS, {"type": "array", "items": "Status"})

    assert list(unwritable_fields(schema, "2.2")) == [1, 2]
    assert unwritable_fields(schema, "2.3") == {}
