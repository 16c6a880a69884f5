# ruff: noqa: S608 - names are quoted
"""The SQL around a custom window: the readings of a key, step by step, and its silences.

    readings ────────────────────────────────────┐
       └─ TUMBLE(resolution) ─ SESSION(timeout) ─┴─ UNION ALL ─ TUMBLE(resolution) ─► Python

The last TUMBLE is where time is kept: it emits one row per key and step of the resolution in
which the key had a reading or a silence, with all readings of that step, once the watermark has
passed the step's end. Rows of one key leave one operator in the order of time, so a silence can
neither overtake nor lag behind a reading, however far the watermark jumps, and all that waits
is in the state and the timers of the JVM. The first TUMBLE only thins out what SESSION, which
is dearer, has to count.

Sorting single rows with MATCH_RECOGNIZE or an OVER window instead takes two to many times the
work: both search a key's whole buffer at each of its timers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate_runtime.gated_insert import call_of_gate
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
READING_TIME = "reading_millis"
BOUND = "handover bound"
"""With each result the last millisecond of the step it comes from: the watermark has just reached
it, whatever times the result itself has. The space keeps it apart from every field."""
_IS_READING = "is_reading"
_ROW_TIME = "window_row_time"


@dataclass(frozen=True)
class Source:
    """What a window reads: a table, the column of its event time, and the fields wanted of it."""

    table: str
    event_time: str
    fields: Sequence[Field]


def silence_step(timeout: timedelta, resolution: timedelta) -> timedelta:
    """How exactly silences are noticed.

    It is coarser than readings are handed over, because each step of each key costs work, and a
    tenth of the time-out more is not felt.
    """
    return max(resolution, timeout / 10)


def steps_query(source: Source, key: Sequence[str], step: timedelta) -> str:
    """One row per key and step that has readings."""
    return (
        f"SELECT {_names(key)}, window_time AS {_ROW_TIME} FROM TABLE(TUMBLE("
        f"TABLE {quoted(source.table)}, DESCRIPTOR({quoted(source.event_time)}), "
        f"{interval(step)})) GROUP BY {_names(key)}, window_start, window_end, window_time"
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


def events_query(source: Source, silences: str, key: Sequence[str]) -> str:
    """Readings and silences as rows of the same columns."""
    time = quoted(source.event_time)
    of_reading = [
        f"{key_text(key)} AS {KEY}",
        f"TRUE AS {_IS_READING}",
        f"{millis(time)} AS {READING_TIME}",
        *(f"{wire_value(field)} AS {_event_column(field)}" for field in source.fields),
        f"{time} AS {_ROW_TIME}",
    ]
    of_silence = [
        f"{key_text(key)} AS {KEY}",
        f"FALSE AS {_IS_READING}",
        f"CAST(NULL AS BIGINT) AS {READING_TIME}",
        *(f"CAST(NULL AS {_SQL_TYPES[field.kind]})" for field in source.fields),
        _ROW_TIME,
    ]
    return (
        f"SELECT {', '.join(of_reading)} FROM {quoted(source.table)} "
        f"UNION ALL SELECT {', '.join(of_silence)} FROM {quoted(silences)}"
    )


def batches_query(events: str, fields: Sequence[Field], resolution: timedelta) -> str:
    """The key as text, and one row: the last millisecond of the step and its readings.

    A reading is a row of its time and its fields; a step with silences only has NULL.
    """
    reading = ", ".join([READING_TIME, *(_event_column(field) for field in fields)])
    return (
        f"SELECT {KEY}, ROW({millis('window_time')}, readings) FROM ("
        f"SELECT {KEY}, window_time, "
        f"ARRAY_AGG(ROW({reading})) FILTER (WHERE {_IS_READING}) AS readings "
        f"FROM TABLE(TUMBLE(TABLE {quoted(events)}, DESCRIPTOR({_ROW_TIME}), "
        f"{interval(resolution)})) GROUP BY {KEY}, window_start, window_end, window_time)"
    )


def insert_query(sink: str, view: str, result: Sequence[Field], *, has_gate: bool = False) -> str:
    """Results as rows of the sink, if wished through the hand-over gate."""
    values = [
        f"CAST(TO_TIMESTAMP_LTZ({quoted(field.name)}, 3) AS TIMESTAMP(3))"
        if field.kind is datetime
        else quoted(field.name)
        for field in result
    ]
    names = ", ".join(quoted(field.name) for field in result)
    query = f"INSERT INTO {quoted(sink)} ({names}) SELECT {', '.join(values)} FROM {quoted(view)}"
    return f"{query} WHERE {call_of_gate(BOUND)}" if has_gate else query


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
    return (
        millis(column) if field.kind is datetime else f"CAST({column} AS {_SQL_TYPES[field.kind]})"
    )


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


def _event_column(field: Field) -> str:
    return quoted(f"field_{field.name}")


def _names(columns: Sequence[str]) -> str:
    return ", ".join(quoted(column) for column in columns)
