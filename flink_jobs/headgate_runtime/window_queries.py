"""The SQL around a custom window: one ordered sequence of readings and silences per key.

    readings ─────────────────────────────┐
       └─ TUMBLE(resolution) ─ SESSION ───┴─ UNION ALL ─ MATCH_RECOGNIZE ─► Python

TUMBLE thins a key's readings out to one row per step, SESSION ends `timeout` after the last of
them, at the earliest when the last reading is older than `timeout`. MATCH_RECOGNIZE with a pattern
of one row is Flink's keyed event-time sort: it holds rows until the watermark has passed them,
drops those that come too late, and keeps all of it in the state and timers of the JVM. A silence
can therefore neither overtake nor lag behind a reading, however far the watermark jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate_runtime.record_types import Field

_SQL_TYPES = {
    str: "STRING",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    bytes: "BYTES",
    datetime: "BIGINT",
}
KEY = "window_key"
TIME = "event_millis"
IS_READING = "is_reading"
_ROW_TIME = "window_row_time"


@dataclass(frozen=True)
class Source:
    """What a window reads: a table, the column of its event time, and the fields wanted of it."""

    table: str
    event_time: str
    fields: Sequence[Field]


def steps_query(source: Source, key: Sequence[str], resolution: timedelta) -> str:
    """One row per key and step of the resolution that has readings."""
    return (
        f"SELECT {_names(key)}, window_time AS {_ROW_TIME} FROM TABLE(TUMBLE("
        f"TABLE {quoted(source.table)}, DESCRIPTOR({quoted(source.event_time)}), "
        f"{interval(resolution)})) GROUP BY {_names(key)}, window_start, window_end, window_time"
    )


def silences_query(steps: str, key: Sequence[str], timeout: timedelta) -> str:
    """One row per key and silence; its row time is at least `timeout` after the last reading.

    A step's row time is at or after its readings, and a session's is one millisecond before its
    end, so the gap is one millisecond longer than the time-out.
    """
    gap = interval(timeout + timedelta(milliseconds=1))
    return (
        f"SELECT {_names(key)}, window_time AS {_ROW_TIME} FROM TABLE(SESSION("
        f"TABLE {quoted(steps)} PARTITION BY ({_names(key)}), DESCRIPTOR({_ROW_TIME}), {gap})) "
        f"GROUP BY {_names(key)}, window_start, window_end, window_time"
    )


def union_query(source: Source, silences: str, key: Sequence[str]) -> str:
    """Readings and silences as rows of the same columns."""
    of_reading = [
        f"{key_text(key)} AS {KEY}",
        f"TRUE AS {IS_READING}",
        *(f"{wire_value(field)} AS {quoted(f'field_{field.name}')}" for field in source.fields),
        f"{quoted(source.event_time)} AS {_ROW_TIME}",
    ]
    of_silence = [
        f"{key_text(key)} AS {KEY}",
        f"FALSE AS {IS_READING}",
        *(f"CAST(NULL AS {_SQL_TYPES[field.kind]})" for field in source.fields),
        _ROW_TIME,
    ]
    return (
        f"SELECT {', '.join(of_reading)} FROM {quoted(source.table)} "
        f"UNION ALL SELECT {', '.join(of_silence)} FROM {quoted(silences)}"
    )


def ordered_query(events: str, fields: Sequence[Field], order: Sequence[str]) -> str:
    """The rows of each key in order: the key as text, and one row of time, kind and fields.

    A silence comes after a reading of the same time.
    """
    columns = [f"field_{field.name}" for field in fields]
    measures = [
        f"E.{_ROW_TIME} AS {_ROW_TIME}",
        f"E.{IS_READING} AS is_reading_out",
        *(f"E.{quoted(column)} AS {quoted(f'{column}_out')}" for column in columns),
    ]
    ordering = [
        _ROW_TIME,
        *(quoted(f"field_{column}") for column in order),
    ]
    row = [
        millis(f"{_ROW_TIME}"),
        "is_reading_out",
        *(quoted(f"{column}_out") for column in columns),
    ]
    return (
        f"SELECT {KEY}, ROW({', '.join(row)}) FROM {quoted(events)} MATCH_RECOGNIZE ("
        f"PARTITION BY {KEY} ORDER BY {', '.join(ordering)} MEASURES {', '.join(measures)} "
        "ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (E) DEFINE E AS TRUE)"
    )


def insert_query(sink: str, view: str, result: Sequence[Field]) -> str:
    """Results as rows of the sink."""
    values = [
        f"CAST(TO_TIMESTAMP_LTZ({quoted(field.name)}, 3) AS TIMESTAMP(3))"
        if field.kind is datetime
        else quoted(field.name)
        for field in result
    ]
    names = ", ".join(quoted(field.name) for field in result)
    return f"INSERT INTO {quoted(sink)} ({names}) SELECT {', '.join(values)} FROM {quoted(view)}"


def key_text(key: Sequence[str]) -> str:
    """A text that is different for different keys: each part but the last with its length."""
    texts = [f"CAST({quoted(column)} AS STRING)" for column in key]
    if len(texts) == 1:
        return texts[0]
    prefixed = [f"CAST(CHAR_LENGTH({text}) AS STRING) || ':' || {text}" for text in texts[:-1]]
    return " || ".join([*prefixed, texts[-1]])


def wire_value(field: Field) -> str:
    """A column as it travels to Python."""
    column = quoted(field.name)
    return millis(column) if field.kind is datetime else f"CAST({column} AS {_SQL_TYPES[field.kind]})"


def millis(expression: str) -> str:
    """Epoch milliseconds of a TIMESTAMP(3) that is understood as UTC."""
    return f"(EXTRACT(EPOCH FROM {expression}) * 1000 + EXTRACT(MILLISECOND FROM {expression}))"


def quoted(identifier: str) -> str:
    """An identifier that may be a reserved word."""
    return "`" + identifier.replace("`", "``") + "`"


def interval(duration: timedelta) -> str:
    """A SQL interval; Flink's seconds alone have too few digits for every duration."""
    seconds, rest = divmod(duration // timedelta(milliseconds=1), 1000)
    hours, in_hour = divmod(seconds, 3600)
    minutes, second = divmod(in_hour, 60)
    text = f"{hours // 24} {hours % 24:02d}:{minutes:02d}:{second:02d}.{rest:03d}"
    return f"INTERVAL '{text}' DAY(3) TO SECOND(3)"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(quoted(column) for column in columns)
