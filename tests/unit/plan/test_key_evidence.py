"""Sampled records → the field that is their key."""

from typing import Any

import pytest
from headgate.plan.key_evidence import KeySample, key_evidence

VALUE = {
    "type": "record",
    "name": "R",
    "fields": [
        {"name": "number", "type": "int"},
        {"name": "device", "type": "string"},
        {"name": "site", "type": {"type": "string", "avro.java.string": "String"}},
        {"name": "note", "type": ["null", "string"]},
    ],
}


def record(key: bytes | None, **value: Any) -> tuple[bytes | None, dict[str, Any]]:
    return key, {"number": 7, "device": "p-1", "site": "north", "note": None, **value}


@pytest.mark.parametrize(
    ("records", "field", "says"),
    [
        ([record(b"p-1"), record(b"p-2", device="p-2")], "device", "2 records looked at"),
        ([record("mühle".encode(), site="mühle")], "site", "1 record looked at was the text"),
        ([record(b"p-1", site="p-1")], "device", "but also of site: choose one"),
        ([record(b"p-1", site="p-1"), record(b"p-1")], "device", "text of device."),
        ([record(None), record(None)], None, "No key: 2 records looked at had none"),
        ([record(None), record(b"p-1")], None, "1 had a key and 1 none"),
        ([record(b"p-1"), record(b"p-9")], None, "no text field equals the keys"),
        ([record(b"7")], None, "no text field equals"),
        ([record(b"hot", note="hot")], None, "no text field equals"),
        ([record(b"\xff\xfe")], None, "no text field equals"),
        ([record(b"")], None, "no text field equals"),
    ],
)
def test_key_field_is_the_one_whose_text_is_every_key(
    records: list[Any], field: str | None, says: str
) -> None:
    evidence = key_evidence(KeySample(tuple(records)), VALUE)
    assert evidence.field == field
    assert says in evidence.remark


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (KeySample(()), "the topic was empty"),
        (KeySample((), undecodable=3), "values of 3 records looked at are not Avro"),
        (KeySample((), is_whole=False), "no record came in time"),
    ],
)
def test_without_records_the_key_is_unknown(sample: KeySample, says: str) -> None:
    evidence = key_evidence(sample, VALUE)
    assert evidence.field is None
    assert says in evidence.remark


def test_a_sample_that_was_cut_short_says_so() -> None:
    evidence = key_evidence(KeySample((record(b"p-1"),), is_whole=False), VALUE)
    assert (evidence.field, "no more came in time" in evidence.remark) == ("device", True)


def test_records_of_an_older_schema_may_lack_the_field() -> None:
    assert key_evidence(KeySample(((b"x", {"number": 1}),)), VALUE).field is None
