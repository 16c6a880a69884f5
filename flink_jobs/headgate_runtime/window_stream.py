"""A custom window as a stream: the SQL before it, the keyed Python operator, its typed state."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pyflink.common import Row, Types
from pyflink.common.typeinfo import TypeInformation
from pyflink.datastream import DataStream, KeyedProcessFunction, KeyedStream, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment

from headgate_runtime import window_queries as queries
from headgate_runtime.custom_window import CustomWindow, record_types
from headgate_runtime.record_types import Field, decoder, encoder, fields_of
from headgate_runtime.window_steps import Open, at_step

Decoder = Callable[[Sequence[Any]], Any]
_TYPES = {
    str: Types.STRING,
    int: Types.LONG,
    float: Types.DOUBLE,
    bool: Types.BOOLEAN,
    bytes: lambda: Types.PRIMITIVE_ARRAY(Types.BYTE()),
    datetime: Types.LONG,
}


def window_stream(
    tables: StreamTableEnvironment,
    source: str,
    event_time: str,
    window: CustomWindow[Any, Any, Any],
) -> DataStream:
    """The results of a custom window over a table: the result's fields, and the bound."""
    reading, state, result = (fields_of(kind) for kind in record_types(window))
    batches = _batches(tables, queries.Source(source, event_time, reading), window)
    keyed = _keyed(batches)
    function = WindowFunction(window, reading, state, result)
    rows = row_type([*result, Field(queries.BOUND, int)])
    return keyed.process(function, output_type=rows).name(window.name).uid(window.name)


def row_type(fields: Sequence[Field]) -> TypeInformation:
    """The row type of a record on the wire."""
    return Types.ROW_NAMED([field.name for field in fields], _types(fields))


class WindowFunction(KeyedProcessFunction):  # type: ignore[misc]
    """Applies the window's decisions to the one open window of a key, its only state."""

    def __init__(
        self,
        window: CustomWindow[Any, Any, Any],
        reading: Sequence[Field],
        state: Sequence[Field],
        result: Sequence[Field],
    ) -> None:
        self._window = window
        self._fields = (reading, state, result)

    def open(self, runtime_context: RuntimeContext) -> None:
        """Obtain the state: the fields of the window and the time of its last reading."""
        reading, state, result = self._fields
        kinds = record_types(self._window)
        self._reading: Decoder = decoder(kinds[0], reading)
        self._decode: Decoder = decoder(kinds[1], state)
        self._encode = encoder(state)
        self._result = encoder(result)
        last = Field("last_reading_millis", int)
        self._state = runtime_context.get_state(
            ValueStateDescriptor("open-window", row_type([last, *_prefixed(state)]))
        )

    def process_element(self, value: Row, ctx: KeyedProcessFunction.Context) -> Iterator[Row]:
        """The readings of one step of the resolution, and the end of the step."""
        del ctx
        step_end, rows = value
        readings = [(row[0], self._reading(tuple(row)[1:])) for row in rows or ()]
        before = self._read()
        after, results = at_step(self._window, before, readings, step_end)
        self._write(before, after)
        for result in results:
            yield Row(*self._result(result), step_end)

    def _read(self) -> Open[Any] | None:
        row = self._state.value()
        return None if row is None else Open(self._decode(tuple(row)[1:]), row[0])

    def _write(self, before: Open[Any] | None, after: Open[Any] | None) -> None:
        if after is not None:
            self._state.update(Row(after.last, *self._encode(after.window)))
        elif before is not None:
            self._state.clear()


def _batches(
    tables: StreamTableEnvironment, source: queries.Source, window: CustomWindow[Any, Any, Any]
) -> DataStream:
    steps, silences, events = (f"{window.name} {part}" for part in ("steps", "silences", "events"))
    step = queries.silence_step(window.timeout, window.resolution)
    for view, query in (
        (steps, queries.steps_query(source, window.key, step)),
        (silences, queries.silences_query(steps, window.key, window.timeout)),
        (events, queries.events_query(source, silences, window.key)),
    ):
        tables.create_temporary_view(queries.quoted(view), tables.sql_query(query))
    batches = tables.sql_query(queries.batches_query(events, source.fields, window.resolution))
    reading = Types.ROW([Types.LONG(), *_types(source.fields)])
    batch = Types.ROW([Types.LONG(), Types.OBJECT_ARRAY(reading)])
    return tables.to_append_stream(batches, Types.ROW([Types.STRING(), batch]))


def _keyed(events: DataStream) -> KeyedStream:
    """Key a stream of rows (key, value) as `DataStream.key_by` does after its first step.

    `key_by` sends every record through a Python worker only to put the key in front of it, which
    SQL has done already; this halves the work in Python.
    """
    key_type = Types.ROW([Types.STRING()]).get_java_type_info()
    selector = get_gateway().jvm.KeyByKeySelector()
    java_stream = events._j_data_stream  # noqa: SLF001
    value_type = Types.ROW([Types.STRING()])
    return KeyedStream(java_stream.keyBy(selector, key_type), value_type, events)


def _prefixed(fields: Sequence[Field]) -> list[Field]:
    return [Field(f"window_{field.name}", field.kind) for field in fields]


def _types(fields: Sequence[Field]) -> list[TypeInformation]:
    return [_TYPES[field.kind]() for field in fields]
