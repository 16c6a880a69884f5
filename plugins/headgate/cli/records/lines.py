"""One record as one line, for people or as JSON."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from math import isfinite
from typing import Any

from headgate.clients.records.reader import Record


def as_json(record: Record, key: str | None) -> str:
    """A JSON object with partition, offset, time, key and value; times as ISO 8601 in UTC."""
    line = {
        "partition": record.partition,
        "offset": record.offset,
        "time": _moment(record.timestamp),
        "key": key,
        "value": _plain(record.value),
    }
    return json.dumps(line, ensure_ascii=False)


def as_text(record: Record, key: str | None) -> str:
    """Record time, key, and the fields that are not the key."""
    fields = (
        f"{name}={_text(value)}"
        for name, value in record.value.items()
        if not (key is not None and value == key)
    )
    return f"{_moment(record.timestamp)}  {key or '-'}  {'  '.join(fields)}"


def _text(value: Any) -> str:  # noqa: ANN401 - any Avro value
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - any Avro value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _moment(milliseconds: int) -> str:
    if milliseconds < 0:
        return "-"
    return str(_plain(datetime.fromtimestamp(milliseconds / 1000, UTC)))
