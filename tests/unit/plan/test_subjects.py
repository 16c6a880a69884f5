"""(declared schema, registered versions) → changes of one subject."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from headgate.clients.observed import CompatibilityAnswer, ObservedSubject, RegisteredSchema
from headgate.plan.change import Plan
from headgate.plan.declared_subject import DeclaredSubject
from headgate.plan.difference import difference
from headgate.plan.markdown import plan_as_markdown
from headgate.plan.subjects import plan_subject
from headgate.spec.schema_form import same_schema
from headgate.spec.topic import Level

SUBJECT = "pump-readings-value"
LEVEL: Level = "FULL_TRANSITIVE"
Schema = dict[str, Any]
BASE: Schema = {
    "type": "record",
    "name": "Reading",
    "namespace": "io.headgate",
    "fields": [
        {"name": "device", "type": "string"},
        {"name": "taken", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "count", "type": "int", "default": 0},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["ON", "OFF"]}},
        {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 16}},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
        {
            "name": "site",
            "type": {
                "type": "record",
                "name": "Site",
                "fields": [{"name": "city", "type": "string"}],
            },
        },
    ],
}


def base(change: Callable[[Schema], object] = lambda _schema: None) -> str:
    schema = copy.deepcopy(BASE)
    change(schema)
    return json.dumps(schema)


def field(schema: Schema, name: str) -> Schema:
    found: Schema = next(one for one in schema["fields"] if one["name"] == name)
    return found


def adding(**new: Any) -> Callable[[Schema], object]:
    return lambda schema: schema["fields"].append(new)


def without(name: str) -> Callable[[Schema], object]:
    return lambda schema: schema["fields"].remove(field(schema, name))


def setting(name: str, /, **values: Any) -> Callable[[Schema], object]:
    return lambda schema: field(schema, name).update(values)


def in_type(name: str, /, **values: Any) -> Callable[[Schema], object]:
    return lambda schema: field(schema, name)["type"].update(values)


def declared(text: str, level: Level = LEVEL, name: str = SUBJECT) -> DeclaredSubject:
    return DeclaredSubject(name, text, text, (), level)


def registered(
    *texts: str, level: str | None = LEVEL, answer: bool | None = None
) -> ObservedSubject:
    versions = tuple(
        RegisteredSchema(SUBJECT, 100 + number, number, text)
        for number, text in enumerate(texts, start=1)
    )
    verdict = None if answer is None else CompatibilityAnswer(answer, ("told so",))
    return ObservedSubject(SUBJECT, level, versions, verdict)


def full_names(schema: Schema) -> None:
    schema["name"] = f"{schema.pop('namespace')}.{schema['name']}"


SAME = [
    ("documentation of the record", lambda s: s.update(doc="x")),
    ("documentation of a field", setting("count", doc="x")),
    ("aliases of a field", setting("count", aliases=["n"])),
    ("a name written in full", full_names),
    ("a primitive type written as an object", setting("device", type={"type": "string"})),
    ("a default of an enum", in_type("state", default="ON")),
]


@pytest.mark.parametrize(("what", "change"), SAME, ids=[what for what, _ in SAME])
def test_plan_subject_same_schema_nothing_to_do(
    what: str, change: Callable[[Schema], object]
) -> None:
    (planned,) = plan_subject(declared(base(change)), registered(base()))

    assert planned.operation == "none", what


@dataclass(frozen=True)
class Row:
    says: str
    change: Callable[[Schema], object]
    reason: str = ""
    """Empty: compatible."""


OPTIONAL = {"type": ["null", "int"], "default": None}
ROWS = [
    Row("field with a default added", adding(name="unit", type="string", default="bar")),
    Row("optional field added", adding(name="unit", **OPTIONAL)),
    Row("field with a default removed", without("count")),
    Row("optional field removed", without("note")),
    Row("list with a default removed", without("tags")),
    Row("default changed", setting("count", default=7)),
    Row("fields in another order", lambda s: s["fields"].reverse()),
    Row("foreign property added", setting("device", pii=True)),
    Row("enum field with a default added", adding(
        name="mode", type={"type": "enum", "name": "Mode", "symbols": ["A"]}, default="A")),
    Row("field without a default added", adding(name="unit", type="string"),
        "a field is added without a default at unit"),
    Row("field without a default removed", without("device"),
        "a field that has no default is removed at device"),
    Row("field renamed", setting("device", name="machine"), "at machine"),
    Row("field renamed with an alias", setting("device", name="machine", aliases=["device"]),
        "version 1 cannot read the new schema"),
    Row("int widened to long", setting("count", type="long"), "a type is changed at count"),
    Row("string to int", setting("device", type="int"), "a type is changed at device"),
    Row("required made optional", setting("device", type=["null", "string"]),
        "version 1 cannot read the new schema: a type is changed at device"),
    Row("optional made required", setting("note", type="string", default=""),
        "the new schema cannot read version 1: a type is changed at note"),
    Row("type added to a union", setting("note", type=["null", "string", "int"]),
        "a type is added to a union"),
    Row("type taken out of a union", setting("note", type=["null"]),
        "a type is taken out of a union"),
    Row("enum symbol added", in_type("state", symbols=["ON", "OFF", "IDLE"]),
        "enum symbols are added and the enum had no default at state"),
    Row("enum symbol removed", in_type("state", symbols=["ON"]),
        "enum symbols are removed and the enum has no default at state"),
    Row("enum renamed", in_type("state", name="Condition"),
        "a record, enum or fixed is renamed at state"),
    Row("record renamed", lambda s: s.update(name="Measurement"),
        "a record, enum or fixed is renamed"),
    Row("size of a fixed changed", in_type("digest", size=32),
        "the size of a fixed is changed at digest"),
    Row("items of a list changed", in_type("tags", items="int"), "a type is changed at tags"),
    Row("field of an inner record without a default",
        lambda s: field(s, "site")["type"]["fields"].append({"name": "zip", "type": "string"}),
        "a field is added without a default at site.zip"),
    Row("logical type changed", in_type("taken", logicalType="timestamp-micros"),
        "at taken: timestamp-millis becomes timestamp-micros"),
    Row("logical type removed", setting("taken", type="long"),
        "at taken: timestamp-millis becomes plain long"),
    Row("logical type added", setting("count", type={"type": "int", "logicalType": "date"}),
        "at count: plain int becomes date"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_plan_subject_changed_schema(row: Row) -> None:
    (planned,) = plan_subject(declared(base(row.change)), registered(base()))

    assert planned.operation == "update"
    assert planned.risk == ("refused" if row.reason else "safe"), planned.reason
    assert row.reason in planned.reason
    assert bool(planned.reason) == bool(row.reason)


def test_plan_subject_unknown_subject_is_created_with_its_level() -> None:
    (planned,) = plan_subject(declared(base()), None)

    assert (planned.operation, planned.risk) == ("create", "safe")
    assert planned.after == {"level": LEVEL, "schema": base()}


def test_plan_subject_level_without_versions_is_created() -> None:
    (planned,) = plan_subject(declared(base()), registered())

    assert planned.operation == "create"


@pytest.mark.parametrize("level", ["NONE", "BACKWARD", "FULL", None])
def test_plan_subject_other_level_is_set_again(level: str | None) -> None:
    (planned,) = plan_subject(declared(base()), registered(base(), level=level))

    assert (planned.kind, planned.risk) == ("level", "safe")
    assert (planned.before, planned.after) == ({"level": level}, {"level": LEVEL})


def test_plan_subject_other_level_and_schema_level_comes_first() -> None:
    changes = plan_subject(declared(base(without("count"))), registered(base(), level="NONE"))

    assert [(one.kind, one.risk) for one in changes] == [("level", "safe"), ("subject", "safe")]


def test_plan_subject_break_with_an_old_version_only_is_refused() -> None:
    # `extra` exists in version 1 with the type int; version 2 dropped it, the new one has a string.
    first = base(adding(name="extra", type="int", default=0))
    again = base(adding(name="extra", type="string", default=""))
    (planned,) = plan_subject(declared(again), registered(first, base()))

    assert planned.risk == "refused"
    assert "cannot read version 1" in planned.reason
    assert "version 2" not in planned.reason


def test_plan_subject_older_version_declared_again_is_refused() -> None:
    newer = base(adding(name="unit", **OPTIONAL))
    (planned,) = plan_subject(declared(base()), registered(base(), newer))

    assert planned.risk == "refused"
    assert "version 1 again, but version 2 is the latest" in planned.reason
    assert [line.text for line in difference(planned) if line.sign == "-"] == [
        '{"name": "unit", "type": ["null", "int"], "default": null}'
    ]


@pytest.mark.parametrize(("answer", "risk"), [(True, "safe"), (False, "refused"), (None, "safe")])
def test_plan_subject_verdict_of_the_registry_counts(answer: bool | None, risk: str) -> None:
    (planned,) = plan_subject(declared(base(without("count"))), registered(base(), answer=answer))

    assert planned.risk == risk
    assert ("told so" in planned.reason) == (answer is False)


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("JSON", '{"type": "object"}', "version 1 is not Avro but JSON"),
        ("AVRO", '{"type": "record"', "version 1 cannot be compared"),
        ("AVRO", '"no.such.Type"', "version 1 cannot be compared"),
    ],
)
def test_plan_subject_foreign_version_is_refused(kind: str, text: str, reason: str) -> None:
    observed = ObservedSubject(SUBJECT, LEVEL, (RegisteredSchema(SUBJECT, 1, 1, text, kind),))
    (planned,) = plan_subject(declared(base()), observed)

    assert planned.risk == "refused"
    assert reason in planned.reason


def test_same_schema_namespace_of_inner_types_is_inherited() -> None:
    inner = {"type": "enum", "name": "io.headgate.State", "symbols": ["ON", "OFF"]}

    assert same_schema(base(), base(setting("state", type=inner)))
    assert not same_schema(base(), base(in_type("state", namespace="elsewhere")))


def test_markdown_refused_comes_before_safe() -> None:
    refused = plan_subject(declared(base(without("device"))), registered(base()))
    page = plan_as_markdown(
        Plan((*plan_subject(declared(base(), name="new-value"), None), *refused))
    )

    assert page.index("### Refused") < page.index("### Safe")
    assert '- {"name": "device", "type": "string"}' in page
    assert "+ level: FULL_TRANSITIVE" in page
