"""Avro in the wire format of the Confluent-compatible registry: 0, schema id (4 bytes), Avro.

One schema per topic (subject `<topic>-value`), so the framing is done here rather than by the
client library's serializers: those ask for a subject association first, a route that Apicurio
does not have, and cost several times as much per record.
"""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from struct import Struct
from typing import Any

import fastavro

_HEADER = Struct(">BI")
_MAGIC = 0

Value = dict[str, Any]
SchemaById = Callable[[int], str]


class Undecodable(ValueError):
    """The bytes are not Avro in the wire format."""


class Encoder:
    """Encodes records by one registered schema."""

    def __init__(self, schema_id: int, schema: str) -> None:
        self._header = _HEADER.pack(_MAGIC, schema_id)
        self._schema = fastavro.parse_schema(json.loads(schema))

    def __call__(self, value: Mapping[str, Any]) -> bytes:
        """The record as bytes. Times may be given as datetime or as the number they are stored as.

        Raises ValueError or TypeError when the value does not fit the schema.
        """
        buffer = BytesIO()
        buffer.write(self._header)
        fastavro.schemaless_writer(buffer, self._schema, value)
        return buffer.getvalue()


class Decoder:
    """Decodes records by the schema they were written with, fetched once per id.

    With `plain`, logical types are ignored: a `timestamp-millis` is epoch milliseconds instead of
    a datetime, which is faster.
    """

    def __init__(self, schema_by_id: SchemaById, *, plain: bool = False) -> None:
        self._schema_by_id = schema_by_id
        self._plain = plain
        self._schemas: dict[int, Any] = {}

    def __call__(self, payload: bytes | None) -> Value:
        """The record. Raises `Undecodable`, and what `schema_by_id` raises for an unknown id."""
        if payload is None or len(payload) < _HEADER.size or payload[0] != _MAGIC:
            raise Undecodable("it does not begin with a schema id of the registry")
        schema_id = _HEADER.unpack_from(payload)[1]
        schema = self._schemas.get(schema_id)
        if schema is None:
            schema = self._schemas[schema_id] = self._parsed(self._schema_by_id(schema_id))
        buffer = BytesIO(payload)
        buffer.seek(_HEADER.size)
        try:
            value = fastavro.schemaless_reader(buffer, schema)
        except (EOFError, ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            raise Undecodable(f"it does not fit schema {schema_id}: {error!r}") from error
        if not isinstance(value, dict):
            raise Undecodable(f"schema {schema_id} is not a record")
        return value

    def _parsed(self, text: str) -> Any:  # noqa: ANN401 - fastavro's parsed schema
        schema = json.loads(text)
        return fastavro.parse_schema(without_logical_types(schema) if self._plain else schema)


def without_logical_types(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The schema with only the types that values are stored as."""
    if isinstance(schema, dict):
        return {
            key: without_logical_types(part) for key, part in schema.items() if key != "logicalType"
        }
    if isinstance(schema, list):
        return [without_logical_types(part) for part in schema]
    return schema
