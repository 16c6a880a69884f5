"""From an Avro record to the columns of a Flink table.

With `avro-confluent.schema` Flink compares the columns with its own conversion of the schema and
refuses any difference, so this follows `AvroSchemaConverter.convertToDataType` with the default
`timestamp_mapping.legacy = true` exactly. Types that Flink accepts but converts wrongly are
refused: micro- and nanosecond timestamps are read and written as if they were milliseconds
(`RowDataToAvroConverters`), and `local-timestamp-*` is a bare BIGINT. `time-millis` needs a
TIME(3), which the DDL of 2.3 keeps and that of 2.2 turns into TIME(0).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.spec.avro_names import NAMED_KINDS, PRIMITIVES, Schema, full_name, namespace_within
from headgate.spec.declared import DeclaredTopic

_MOST_DIGITS = 38
_PLAIN = {
    "boolean": "BOOLEAN",
    "int": "INT",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "bytes": "BYTES",
    "string": "STRING",
}
_LOGICAL = {
    ("int", "date"): "DATE",
    ("long", "timestamp-millis"): "TIMESTAMP(3)",
}
_WRONG_IN_FLINK = {
    "timestamp-micros": "Flink reads and writes it as milliseconds; use timestamp-millis",
    "timestamp-nanos": "Flink reads and writes it as a bare number; use timestamp-millis",
    "local-timestamp-millis": "Flink takes it for a bare number; use timestamp-millis",
    "local-timestamp-micros": "Flink takes it for a bare number; use timestamp-millis",
    "local-timestamp-nanos": "Flink takes it for a bare number; use timestamp-millis",
    "time-micros": "Flink cannot write it; use a plain long",
    "time-millis": "a table of Flink 2.2 cannot hold it; use a plain int",
}
_UNWRITABLE = "Flink's Avro format can read a fixed but not write it; use bytes"
_UNWRITABLE_ENUM = "Flink {line} can read an enum but not write it (2.3 can); use a string"
_FIRST_TO_WRITE_ENUMS = (2, 3)


@dataclass(frozen=True)
class Column:
    """One column. `name` is not quoted; `sql_type` carries no NOT NULL at its end."""

    name: str
    sql_type: str
    not_null: bool


def columns_of(topic: DeclaredTopic) -> tuple[Column, ...]:
    """The columns of a topic's table, in the order of the Avro fields.

    Raises `ValueError` naming the field whose type Flink SQL does not have.
    """
    return columns_of_record(topic.value_schema)


def columns_of_record(record: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a valid Avro record. Raises `ValueError` naming the field."""
    columns, problems = attempt_columns(record)
    if problems:
        raise ValueError("; ".join(problems.values()))
    return columns


def attempt_columns(record: Mapping[str, Any]) -> tuple[tuple[Column, ...], dict[int, str]]:
    """The columns that can be made, and for each field that has none, by its index, why."""
    return _Conversion(written_by=None).columns(record)


def unwritable_fields(record: Mapping[str, Any], line: str) -> dict[int, str]:
    """The fields, by their index, that a table of a Flink line can hold but not write, and why.

    2.2 ends a job that writes an enum with "value A (a Utf8) is not a Status" (measured).
    """
    return _Conversion(written_by=line).columns(record)[1]


class _Conversion:
    def __init__(self, *, written_by: str | None) -> None:
        self._written_by = written_by
        self._named: dict[str, tuple[Mapping[str, Any], str]] = {}
        self._open: list[str] = []

    def columns(self, record: Mapping[str, Any]) -> tuple[tuple[Column, ...], dict[int, str]]:
        namespace = namespace_within(record, "")
        name = full_name(str(record["name"]), namespace)
        self._named[name] = (record, namespace)
        self._open.append(name)
        columns: list[Column] = []
        problems: dict[int, str] = {}
        for index, field in enumerate(record["fields"]):
            try:
                sql_type, not_null = self._convert(field["type"], namespace)
            except ValueError as error:
                problems[index] = f"field '{field['name']}': {error}"
                continue
            columns.append(Column(field["name"], sql_type, not_null))
        return tuple(columns), problems

    def _convert(self, schema: Schema, namespace: str) -> tuple[str, bool]:
        """The SQL type and whether it is NOT NULL."""
        if isinstance(schema, list):
            return self._union(schema, namespace)
        if isinstance(schema, str):
            if schema in PRIMITIVES:
                return self._primitive(schema, {}), True
            return self._named_type(*self._named[full_name(schema, namespace)]), True
        kind = schema["type"]
        if isinstance(kind, (list, Mapping)) or kind not in PRIMITIVES | NAMED_KINDS | {
            "array",
            "map",
        }:
            return self._convert(kind, namespace)
        return self._object(kind, schema, namespace), True

    def _union(self, branches: list[Schema], namespace: str) -> tuple[str, bool]:
        others = [branch for branch in branches if branch != "null"]
        if len(branches) == len(others) or len(others) != 1:
            raise ValueError("of unions, Flink SQL has only null with one other type")
        return self._convert(others[0], namespace)[0], False

    def _object(self, kind: str, schema: Mapping[str, Any], namespace: str) -> str:
        if kind in NAMED_KINDS:
            inner = namespace_within(schema, namespace)
            self._named[full_name(str(schema["name"]), inner)] = (schema, inner)
            return self._named_type(schema, inner)
        if kind == "array":
            return f"ARRAY<{self._declared(schema['items'], namespace)}>"
        if kind == "map":
            return f"MAP<STRING NOT NULL, {self._declared(schema['values'], namespace)}>"
        return self._primitive(kind, schema)

    def _named_type(self, schema: Mapping[str, Any], namespace: str) -> str:
        if schema["type"] == "enum":
            if self._written_by is not None and _numbers(self._written_by) < _FIRST_TO_WRITE_ENUMS:
                raise ValueError(_UNWRITABLE_ENUM.format(line=self._written_by))
            return "STRING"
        if schema["type"] == "fixed":
            if self._written_by is not None:
                raise ValueError(_UNWRITABLE)
            return _decimal(schema) or f"VARBINARY({schema['size']})"
        name = full_name(str(schema["name"]), namespace)
        if name in self._open:
            raise ValueError(f"the record '{name}' contains itself, which no SQL type can")
        self._open.append(name)
        fields = ", ".join(
            f"`{field['name']}` {self._declared(field['type'], namespace)}"
            for field in schema["fields"]
        )
        self._open.pop()
        return f"ROW<{fields}>"

    def _declared(self, schema: Schema, namespace: str) -> str:
        sql_type, not_null = self._convert(schema, namespace)
        return f"{sql_type} NOT NULL" if not_null else sql_type

    @staticmethod
    def _primitive(kind: str, schema: Mapping[str, Any]) -> str:
        if kind == "null":
            raise ValueError("a column that is always null is of no use in Flink SQL")
        logical = schema.get("logicalType")
        if logical in _WRONG_IN_FLINK and kind == ("int" if logical == "time-millis" else "long"):
            raise ValueError(f"{logical}: {_WRONG_IN_FLINK[logical]}")
        return _decimal(schema) or _LOGICAL.get((kind, str(logical))) or _PLAIN[kind]


def _numbers(line: str) -> tuple[int, ...]:
    return tuple(map(int, line.split(".")))


def _decimal(schema: Mapping[str, Any]) -> str | None:
    if schema.get("logicalType") != "decimal" or schema["type"] not in {"bytes", "fixed"}:
        return None
    precision, scale = schema["precision"], schema.get("scale", 0)
    if precision > _MOST_DIGITS:
        raise ValueError(f"Flink's decimals have at most {_MOST_DIGITS} digits, not {precision}")
    return f"DECIMAL({precision}, {scale})"
