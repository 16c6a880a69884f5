"""Observed topic and subjects → the files of its folder, which mean just that topic."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from headgate.clients.observed import (
    ObservedSubject,
    ObservedTopic,
    RegisteredSchema,
    SchemaReference,
)
from headgate.ids import TopicName
from headgate.plan.declared_subject import declared_subjects
from headgate.plan.imported_topic import (
    FoundTopic,
    ImportedTopic,
    Origin,
    imported_topic,
    why_not,
)
from headgate.plan.key_evidence import KeyEvidence
from headgate.plan.shared_types import RegisteredType, Surroundings, with_imports
from headgate.plan.subjects import plan_subject
from headgate.plan.topics import plan_topic
from headgate.spec.declared import DeclaredTopic
from headgate.spec.load import load_topics

NAME = TopicName("pump-readings")
ORIGIN = Origin("cluster-1", date(2026, 1, 31), "pumps")
ALONE = Surroundings({}, frozenset())
EMPTY = KeyEvidence(None, "The topic was empty.")
RECORD = {
    "type": "record",
    "name": "Reading",
    "namespace": "io.pumps",
    "fields": [{"name": "device", "type": "string", "doc": "Größe"}],
}
SITE = {
    "type": "record",
    "name": "Site",
    "namespace": "io.pumps",
    "fields": [{"name": "city", "type": "string"}],
}
AT_SITE = {**RECORD, "fields": [*RECORD["fields"], {"name": "site", "type": "io.pumps.Site"}]}
AT_SITE_WHOLE = {**RECORD, "fields": [*RECORD["fields"], {"name": "site", "type": SITE}]}


def registered(schema: Any = RECORD, of: str = f"{NAME}-value", **more: Any) -> RegisteredSchema:
    values = {"id": 1, "version": 1, **more}
    return RegisteredSchema(of, text=json.dumps(schema), **values)


def found(value: RegisteredSchema | None = None, **more: Any) -> FoundTopic:
    topic = ObservedTopic(
        NAME, more.pop("partitions", 3), more.pop("replication", 1), more.pop("configs", {})
    )
    values: dict[str, Any] = {"key": None, "level": "NONE", "key_evidence": EMPTY, **more}
    return FoundTopic(topic, value or registered(), **values)


def loaded(imported: ImportedTopic, project: Path) -> DeclaredTopic:
    folder = project / "schemas" / NAME
    folder.mkdir(parents=True)
    for name, text in imported.files.items():
        (folder / name).write_text(text)
    for name, text in imported.types.items():
        types = project / "schemas" / "_types"
        types.mkdir(exist_ok=True)
        (types / f"{name}.avsc").write_text(text)
    return load_topics(project)[NAME]


def expect_empty_plan(what: FoundTopic, topic: DeclaredTopic) -> None:
    held = [what.value, *([what.key] if what.key else [])]
    held += [one.latest for one in what.types.values()]
    levels = {one.latest.subject: one.level for one in what.types.values()}
    there = {
        one.subject: ObservedSubject(one.subject, levels.get(one.subject, what.level), (one,))
        for one in held
    }
    changes = [
        change
        for subject in declared_subjects([topic])
        for change in plan_subject(subject, there.get(subject.name))
    ]
    changes += plan_topic(topic, what.topic, today=ORIGIN.day)
    assert [change for change in changes if change.operation != "none"] == []


@pytest.mark.parametrize(
    "configs",
    [
        {},
        {"retention.ms": "604800000"},
        {"retention.ms": "-1"},
        {"retention.ms": "90061001"},
        {"retention.ms": "0"},
        {"retention.bytes": "-1"},
        {"retention.bytes": "1073741824"},
        {"retention.bytes": "123456789012"},
        {"retention.bytes": "0"},
        {"cleanup.policy": "delete"},
        {"cleanup.policy": "delete,compact", "retention.ms": "1000"},
        {"compression.type": "zstd", "max.message.bytes": "10485880", "segment.ms": "60000"},
        {"follower.replication.throttled.replicas": "*", "flush.ms": "9223372036854775807"},
    ],
)
@pytest.mark.parametrize("level", ["NONE", "BACKWARD", "FULL_TRANSITIVE"])
def test_the_folder_means_the_topic_as_it_is(
    configs: dict[str, str], level: str, tmp_path: Path
) -> None:
    what = found(configs=configs, level=level, key_evidence=KeyEvidence("device", "Key: device."))
    topic = loaded(imported_topic(what, ORIGIN, ALONE), tmp_path)
    assert (topic.spec.key, topic.spec.partitioning) == ("device", "keyed")
    expect_empty_plan(what, topic)


def test_topic_yaml_reads_well() -> None:
    text = imported_topic(
        found(configs={"compression.type": "lz4", "retention.ms": "3600000"}), ORIGIN, {}
    ).files["topic.yaml"]
    assert text == (
        "description: Imported from cluster-1 on 2026-01-31; say what one record means.\n"
        "owner: pumps\n"
        "partitions: 3\n"
        "replication: 1\n"
        "# The topic was empty.\n"
        "partitioning: none\n"
        "retention:\n"
        "  time: 1h\n"
        "  size_per_partition: inherited\n"
        "cleanup: inherited\n"
        "compatibility: NONE\n"
        "configs:\n"
        "  compression.type: lz4\n"
    )


def test_schemas_are_verbatim_but_for_white_space() -> None:
    imported = imported_topic(found(key=registered(RECORD, f"{NAME}-key")), ORIGIN, ALONE)
    assert json.loads(imported.files["value.avsc"]) == RECORD
    assert "Größe" in imported.files["value.avsc"]
    assert list(json.loads(imported.files["key.avsc"])) == list(RECORD)
    assert imported.key == "key.avsc"


def test_references_become_shared_types(tmp_path: Path) -> None:
    what = at_site()
    imported = imported_topic(what, ORIGIN, ALONE)
    assert json.loads(imported.types["io.pumps.Site"]) == SITE
    assert json.loads(imported.files["value.avsc"]) == AT_SITE
    topic = loaded(imported, tmp_path)
    assert [one.name for one in topic.types] == ["io.pumps.Site"]
    expect_empty_plan(what, topic)


def at_site(
    subject: str = "io.pumps.Site", level: str = "FULL_TRANSITIVE", latest: int = 1
) -> FoundTopic:
    reference = SchemaReference("io.pumps.Site", subject, 1)
    value = registered(AT_SITE, references=(reference,), whole=json.dumps(AT_SITE_WHOLE))
    site = registered(SITE, subject, version=latest)
    return found(value, types={subject: RegisteredType(site, level)})


@pytest.mark.parametrize(
    ("what", "around", "why"),
    [
        (at_site(subject="site"), ALONE, "registered as subject site"),
        (at_site(level="NONE"), ALONE, "the level of subject io.pumps.Site is NONE"),
        (at_site(latest=2), ALONE, "version 1 of io.pumps.Site, not to the latest"),
        (
            at_site(),
            Surroundings({"io.pumps.Site": json.dumps({**SITE, "name": "S"})}, frozenset()),
            "another schema",
        ),
        (at_site(), Surroundings({}, frozenset({"io.pumps.Site"})), "defines io.pumps.Site itself"),
    ],
)
def test_references_that_cannot_be_shared_types_stand_in_the_value(
    what: FoundTopic, around: Surroundings, why: str, tmp_path: Path
) -> None:
    imported = imported_topic(what, ORIGIN, around)
    assert imported.types == {}
    assert json.loads(imported.files["value.avsc"]) == AT_SITE_WHOLE
    assert why in imported.remarks[0]
    assert f"# {imported.remarks[0]}\n" in imported.files["topic.yaml"]
    value_only = FoundTopic(what.topic, what.value, None, what.level, (), EMPTY)
    expect_empty_plan(value_only, loaded(imported, tmp_path))


def test_one_topic_that_must_hold_a_type_itself_makes_all_hold_it() -> None:
    sharing, holding = at_site(), at_site(latest=2)
    own = found(registered(AT_SITE_WHOLE))
    names = {"io.pumps.Reading", "io.pumps.Site"}
    for others in ([holding], [own], [holding, own]):
        around = with_imports(ALONE, [one.referring for one in (sharing, *others)])
        assert around.defined == names
        assert imported_topic(sharing, ORIGIN, around).types == {}
    alone = with_imports(ALONE, [sharing.referring])
    assert list(imported_topic(sharing, ORIGIN, alone).types) == ["io.pumps.Site"]


@pytest.mark.parametrize(
    ("configs", "says"),
    [
        ({"retention.ms": "9223372036854775807"}, "retention.ms, 9223372036854775807"),
        ({"retention.ms": "31536000001"}, "cannot be written as a duration"),
        ({"cleanup.policy": ""}, "cleanup.policy is ''"),
    ],
)
def test_what_topic_yaml_has_no_words_for_is_refused(configs: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        imported_topic(found(configs=configs), ORIGIN, ALONE)


@pytest.mark.parametrize(
    ("name", "value", "key", "says"),
    [
        ("Pump_Readings", registered(), None, "is not a name"),
        (NAME, None, None, "no subject pump-readings-value"),
        (NAME, registered(kind="JSON"), None, "holds a JSON schema, not Avro"),
        (NAME, registered(), registered({}, "k", kind="PROTOBUF"), "k holds a PROTOBUF schema"),
        (NAME, registered("string"), None, "of type string, not record"),
        (NAME, registered(["null", "int"]), None, "of type union"),
        (NAME, registered(), registered({"type": "string"}, "k"), "subject k is of type string"),
        (NAME, registered(), registered(RECORD, "k"), ""),
    ],
)
def test_why_a_topic_cannot_be_declared(
    name: str, value: RegisteredSchema | None, key: RegisteredSchema | None, says: str
) -> None:
    reason = why_not(TopicName(name), value, key)
    assert says in reason
    assert bool(reason) == bool(says)
