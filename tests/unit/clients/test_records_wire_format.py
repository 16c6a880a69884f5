"""Avro in the registry's wire format."""

import json
from datetime import UTC, datetime

import pytest
from headgate.clients.records.wire_format import Decoder, Encoder, Undecodable

SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "note", "type": ["null", "string"], "default": None},
        ],
    }
)
NEWER = json.dumps({"type": "record", "name": "R", "fields": [{"name": "n", "type": "int"}]})
AT = datetime(2026, 11, 24, 7, 43, 0, 250_000, tzinfo=UTC)
MILLIS = 1_795_506_180_250


def test_encode_begins_with_zero_and_schema_id() -> None:
    payload = Encoder(0x01020304, SCHEMA)({"id": "a", "at": MILLIS})
    assert payload[:5] == b"\0\x01\x02\x03\x04"


@pytest.mark.parametrize("at", [AT, MILLIS])
def test_decode_gives_back_what_was_encoded(at: object) -> None:
    payload = Encoder(7, SCHEMA)({"id": "ä", "at": at, "note": None})
    assert Decoder(lambda _id: SCHEMA)(payload) == {"id": "ä", "at": AT, "note": None}
    plain = Decoder(lambda _id: SCHEMA, plain=True)(payload)
    assert plain == {"id": "ä", "at": MILLIS, "note": None}


def test_decode_uses_the_schema_each_record_was_written_with_and_fetches_it_once() -> None:
    asked: list[int] = []

    def by_id(schema_id: int) -> str:
        asked.append(schema_id)
        return {1: SCHEMA, 2: NEWER}[schema_id]

    decode = Decoder(by_id)
    old, new = Encoder(1, SCHEMA)({"id": "a", "at": 0}), Encoder(2, NEWER)({"n": 5})
    assert [decode(one)["id"] for one in (old, old)] == ["a", "a"]
    assert [decode(one)["n"] for one in (new, new)] == [5, 5]
    assert asked == [1, 2]


@pytest.mark.parametrize("payload", [None, b"", b"{}", b"\0\0\0", b"\x01\0\0\0\x01abc"])
def test_decode_without_a_schema_id_is_undecodable(payload: bytes | None) -> None:
    with pytest.raises(Undecodable, match="schema id"):
        Decoder(lambda _id: SCHEMA)(payload)


def test_decode_of_a_truncated_record_is_undecodable() -> None:
    payload = Encoder(7, SCHEMA)({"id": "a long enough text", "at": 0})
    with pytest.raises(Undecodable, match="schema 7"):
        Decoder(lambda _id: SCHEMA)(payload[:-12])


@pytest.mark.parametrize("value", [{"id": 3, "at": 0}, {"at": 0}, {"id": "a", "at": "noon"}])
def test_encode_what_does_not_fit_raises(value: dict) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Encoder(1, SCHEMA)(value)
