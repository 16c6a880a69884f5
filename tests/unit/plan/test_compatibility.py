"""The offline check on every pair of the harness, and what the pairs do not hold."""

import json

import pytest
from harness.avro_pairs import PAIRS, Pair
from headgate.clients.observed import RegisteredSchema
from headgate.plan.compatibility import breaks
from headgate.plan.levels import lost


def history(pair: Pair) -> list[RegisteredSchema]:
    return [
        RegisteredSchema("s-value", number, number, json.dumps(schema))
        for number, schema in enumerate(pair.history, start=1)
    ]


def test_pairs_are_as_many_as_promised() -> None:
    full = [pair for pair in PAIRS if pair.level == "FULL_TRANSITIVE"]

    assert len(full) >= 40
    assert len({pair.says for pair in PAIRS}) == len(PAIRS)
    assert {pair.level for pair in PAIRS} >= {"NONE", "BACKWARD", "FORWARD", "FULL"}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.says)
def test_breaks_pair_has_its_verdict(pair: Pair) -> None:
    found = breaks(json.dumps(pair.next), history(pair), pair.level)

    assert bool(found) != pair.is_compatible, found
    assert pair.is_compatible or any(pair.reason in one for one in found), found


def test_breaks_every_break_is_told_with_its_place() -> None:
    old = {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "a", "type": "int"},
            {"name": "b", "type": {"type": "record", "name": "B", "fields": [
                {"name": "c", "type": "int"}, {"name": "d", "type": "string"}]}},
        ],
    }  # fmt: skip
    new = json.loads(json.dumps(old))
    new["fields"][0]["type"] = "string"
    new["fields"][1]["type"]["fields"][0]["type"] = "string"
    version = RegisteredSchema("s-value", 1, 1, json.dumps(old))

    found = breaks(json.dumps(new), [version])

    assert [one.partition(" (")[0] for one in found] == [
        "the new schema cannot read version 1: a type is changed at a",
        "the new schema cannot read version 1: a type is changed at b.c",
        "version 1 cannot read the new schema: a type is changed at a",
        "version 1 cannot read the new schema: a type is changed at b.c",
    ]


def test_breaks_type_named_earlier_than_before_is_no_other_type() -> None:
    price = {"type": "fixed", "name": "Price", "size": 8,
             "logicalType": "decimal", "precision": 9, "scale": 2}  # fmt: skip
    zero = "\x00" * 8
    old = {"type": "record", "name": "R", "fields": [{"name": "old", "type": price}]}
    new = {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "new", "type": price, "default": zero},
            {"name": "old", "type": "Price"},
        ],
    }
    version = RegisteredSchema("s-value", 1, 1, json.dumps(old))

    assert breaks(json.dumps(new), [version]) == ()


@pytest.mark.parametrize(
    ("before", "after", "losers"),
    [
        ("NONE", "FULL_TRANSITIVE", 0),
        ("BACKWARD", "FULL", 0),
        ("FULL", "FULL_TRANSITIVE", 0),
        ("FULL_TRANSITIVE", "FULL", 2),
        ("FULL_TRANSITIVE", "BACKWARD_TRANSITIVE", 1),
        ("BACKWARD", "FORWARD", 1),
        ("FULL", "BACKWARD_TRANSITIVE", 1),
        ("FULL_TRANSITIVE", "NONE", 2),
        (None, "FULL_TRANSITIVE", 0),
        (None, "BACKWARD", 2),
    ],
)
def test_lost_says_which_readers_lose(before: str | None, after: str, losers: int) -> None:
    assert len([one for one in lost(before, after).split("; ") if one]) == losers
