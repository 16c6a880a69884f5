"""Files, brokers, registry and ledger → the contract of one topic."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from headgate.clients.observed import ObservedTopic, RegisteredSchema
from headgate.ids import JobName, TopicName
from headgate.plan.change import Change
from headgate.plan.contract_fields import contract_fields, type_in_words
from headgate.plan.topic_contract import Applied, Setting, TopicContract, topic_contract
from headgate.plan.topic_use import TopicUse
from headgate.spec.declared import DeclaredTopic
from headgate.spec.topic import TopicSpec

NAME = TopicName("readings")
VALUE_SUBJECT = "readings-value"
MORNING = datetime(2026, 1, 31, 8, tzinfo=UTC)
FIRST: dict[str, Any] = {
    "type": "record",
    "name": "R",
    "fields": [{"name": "device", "type": "string", "doc": "Who."}],
}
SECOND = {**FIRST, "fields": [*FIRST["fields"], {"name": "unit", "type": "string", "default": ""}]}


def version(number: int, schema: dict[str, Any]) -> RegisteredSchema:
    return RegisteredSchema(VALUE_SUBJECT, 100 + number, number, json.dumps(schema))


def contract(observed: ObservedTopic | None = None, **more: Any) -> TopicContract:
    spec = {"description": "d", "owner": "o", "partitions": 4, "key": "device"}
    declared = DeclaredTopic(
        NAME,
        Path("schemas"),
        TopicSpec.model_validate({**spec, **more.pop("spec", {})}),
        SECOND,
        None,
    )
    given: dict[str, Any] = {"levels": {}, "uses": (), "changes": (), "applied": (), **more}
    return topic_contract(declared, observed, given.pop("versions", ()), **given)


def settings(found: TopicContract) -> dict[str, tuple[str, str]]:
    return {one.name: (one.declared, one.in_force) for one in found.settings}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("string", "string"),
        (["null", "double"], "double"),
        ({"type": "long", "logicalType": "timestamp-millis"}, "timestamp-millis"),
        ({"type": "array", "items": ["null", "long"]}, "list of long"),
        ({"type": "map", "values": "int"}, "map of text to int"),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "enum: A, B"),
        ({"type": "fixed", "name": "F", "size": 16}, "16 bytes"),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            "decimal(9, 2)",
        ),
        ({"type": "record", "name": "io.x.Site", "fields": []}, "record Site"),
        ("io.x.Site", "Site"),
        ({"type": {"type": "string"}}, "string"),
    ],
)
def test_types_are_told_in_words(schema: Any, words: str) -> None:
    assert type_in_words(schema) == words


def test_fields_of_inner_records_follow_their_field() -> None:
    site = {"type": "record", "name": "Site", "fields": [{"name": "city", "type": "string"}]}
    record = {
        "fields": [
            {"name": "id", "type": "string", "doc": "Its id."},
            {"name": "sites", "type": ["null", {"type": "array", "items": site}], "default": None},
            {"name": "home", "type": "Site"},
        ]
    }
    found = contract_fields(record)
    assert [(one.name, one.nullable, one.has_default) for one in found] == [
        ("id", False, False),
        ("sites", True, True),
        ("sites[].city", False, False),
        ("home", False, False),
    ]
    assert found[0].doc == "Its id."


def test_a_record_that_holds_itself_ends() -> None:
    tree = {"type": "record", "name": "T", "fields": [{"name": "left", "type": ["null", "T"]}]}
    assert [one.name for one in contract_fields(tree)] == ["left"]


@pytest.mark.parametrize(
    ("spec", "configs", "inherited", "time"),
    [
        ({"retention": {"time": "7d"}}, {"retention.ms": "604800000"}, {}, ("7d", "7d")),
        ({}, {"retention.ms": "-1"}, {}, ("forever", "forever")),
        (
            {"retention": {"time": "inherited"}},
            {},
            {"retention.ms": "3600000"},
            ("inherited", "1h (inherited)"),
        ),
        (
            {},
            {"retention.ms": "9223372036854775807"},
            {},
            ("forever", "9,223,372,036,854,775,807 ms"),
        ),
    ],
)
def test_retention_stands_as_declared_and_as_in_force(
    spec: dict[str, Any], configs: dict[str, str], inherited: dict[str, str], time: Any
) -> None:
    found = contract(ObservedTopic(NAME, 4, 1, configs, inherited), spec=spec)
    assert settings(found)["retention"] == time


def test_a_topic_that_does_not_exist_has_nothing_in_force() -> None:
    found = contract(changes=[Change("topic", NAME, "create", {}, {})])
    assert {in_force for _, in_force in settings(found).values()} == {""}
    assert found.to_json()["as_declared"] is False
    assert found.versions == ()


def test_versions_know_who_registered_them() -> None:
    applied = Applied(VALUE_SUBJECT, json.dumps(SECOND), MORNING, "command line (ada)", "ada")
    other = Applied("other-value", json.dumps(FIRST), MORNING, "command line (ada)", None)
    found = contract(versions=[version(1, FIRST), version(2, SECOND)], applied=[other, applied])
    assert [(one.number, one.id, one.is_declared, one.applied) for one in found.versions] == [
        (1, 101, False, None),
        (2, 102, True, applied),
    ]


def test_the_first_application_of_a_schema_counts() -> None:
    text = json.dumps(FIRST)
    runs = [
        Applied(VALUE_SUBJECT, text, MORNING + timedelta(hours=hour), "s", None) for hour in (0, 1)
    ]
    (one,) = contract(versions=[version(1, FIRST)], applied=runs).versions
    assert one.applied == runs[0]


def test_levels_uses_and_marks_are_told() -> None:
    use = TopicUse(JobName("minutes"), "reads", True, False, timedelta(days=2))
    found = contract(
        levels={VALUE_SUBJECT: "BACKWARD"},
        uses=[use],
        changes=[Change("topic", NAME, "none", {}, {})],
        spec={"deletion": {"reason": "replaced"}},
    )
    assert Setting("compatibility (value)", "FULL_TRANSITIVE", "BACKWARD") in found.settings
    written = found.to_json()
    assert written["uses"][0]["replay_window"] == "2d"
    assert (written["as_declared"], found.deletion, found.key) == (True, "replaced", ("device",))
    json.dumps(written, default=str)
