from dataclasses import replace
from datetime import timedelta

import pytest
from headgate.plan.tables import Table, Watermark, interval, literal, quoted
from headgate.spec.columns import Column

TABLE = Table(
    "sensor_readings",
    (
        Column("value", "DOUBLE", not_null=True),
        Column("reading_time", "TIMESTAMP(3)", not_null=False),
    ),
    Watermark("reading_time", timedelta(seconds=5)),
    {"connector": "kafka", "topic": "it's", "scan.watermark.idle-timeout": "10000 ms"},
)


def test_the_ddl_quotes_names_and_texts_and_marks_what_is_never_null() -> None:
    assert TABLE.ddl() == (
        "CREATE TEMPORARY TABLE `sensor_readings` (\n"
        "  `value` DOUBLE NOT NULL,\n"
        "  `reading_time` TIMESTAMP(3),\n"
        "  WATERMARK FOR `reading_time` AS `reading_time` - "
        "INTERVAL '0 00:00:05.000' DAY(3) TO SECOND(3)\n"
        ") WITH (\n"
        "  'connector' = 'kafka',\n"
        "  'topic' = 'it''s',\n"
        "  'scan.watermark.idle-timeout' = '10000 ms'\n"
        ")"
    )


def test_a_table_without_watermark_has_columns_only() -> None:
    assert "WATERMARK" not in replace(TABLE, watermark=None).ddl()


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (replace(TABLE, options={**TABLE.options, "topic": "another"}), True),
        (replace(TABLE, options={**TABLE.options, "scan.watermark.idle-timeout": "1 s"}), False),
        (replace(TABLE, watermark=Watermark("reading_time", timedelta(seconds=6))), False),
        (replace(TABLE, columns=TABLE.columns[:1]), False),
        (replace(TABLE, name="readings"), False),
    ],
)
def test_the_shape_is_what_a_compiled_plan_knows(changed: Table, same: bool) -> None:
    assert (changed.shape() == TABLE.shape()) is same


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(0), "0 00:00:00.000"),
        (timedelta(milliseconds=1), "0 00:00:00.001"),
        (timedelta(minutes=90), "0 01:30:00.000"),
        (timedelta(days=365), "365 00:00:00.000"),
    ],
)
def test_intervals_hold_any_duration_exactly(duration: timedelta, text: str) -> None:
    assert interval(duration) == f"INTERVAL '{text}' DAY(3) TO SECOND(3)"


def test_quotes_within_names_and_texts_are_doubled() -> None:
    assert (quoted("a`b"), literal("a'b")) == ("`a``b`", "'a''b'")
