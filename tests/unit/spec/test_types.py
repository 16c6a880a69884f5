"""`schemas/_types/`: types that several schemas use, and what can be wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest
from headgate.plan.declared_subject import declared_subjects
from headgate.spec.declared import DeclaredTopic
from headgate.spec.load import load_topics
from unit.spec.findings import findings_of

SITE = """{
  "type": "record",
  "name": "Site",
  "namespace": "io.shared",
  "fields": [
    {"name": "city", "type": "string"}
  ]
}
"""
PLANT = """{
  "type": "record",
  "name": "Plant",
  "namespace": "io.shared",
  "fields": [
    {"name": "site", "type": "Site"},
    {"name": "spare", "type": ["null", "io.shared.Site"], "default": null}
  ]
}
"""
STATE = """{"type": "enum", "name": "State", "namespace": "io.shared", "symbols": ["ON", "OFF"]}"""
TOPIC = "description: Readings.\nowner: tests\npartitions: 1\nkey: device\n"


def value(*fields: str, namespace: str = "io.example") -> str:
    own = ['{"name": "device", "type": "string"}', *fields]
    lines = ",\n".join(own)
    head = f'{{"type": "record", "name": "Reading", "namespace": "{namespace}", "fields": ['
    return f"{head}\n{lines}\n]}}"


def write(project: Path, types: dict[str, str], topics: dict[str, str]) -> Path:
    for name, text in types.items():
        file = project / "schemas" / "_types" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for topic, schema in topics.items():
        folder = project / "schemas" / topic
        folder.mkdir(parents=True)
        (folder / "topic.yaml").write_text(TOPIC)
        (folder / "value.avsc").write_text(schema)
    return project


def topic_of(project: Path, name: str = "readings") -> DeclaredTopic:
    return next(one for one in load_topics(project).values() if one.name == name)


AT_PLANT = '{"name": "plant", "type": "io.shared.Plant"}'
BY_SITE = '{"name": "site", "type": "io.shared.Site"}'
ALL = {"io.shared.Site.avsc": SITE, "io.shared.Plant.avsc": PLANT}


def test_load_type_is_put_where_it_is_used_first(tmp_path: Path) -> None:
    topic = topic_of(write(tmp_path, ALL, {"readings": value(BY_SITE, AT_PLANT)}))

    _, site, plant = topic.value_schema["fields"]
    assert site["type"]["fields"] == [{"name": "city", "type": "string"}]
    assert plant["type"]["fields"][0]["type"] == "Site", "named from here on"
    assert topic.value_as_written is not None
    assert topic.value_as_written["fields"][1]["type"] == "io.shared.Site"
    assert [one.name for one in topic.types] == ["io.shared.Site", "io.shared.Plant"]
    assert topic.types[1].uses == ("io.shared.Site",)


def test_load_type_by_its_short_name_within_its_namespace(tmp_path: Path) -> None:
    site = '{"name": "site", "type": {"type": "array", "items": "Site"}}'
    schema = value(site, namespace="io.shared")
    topic = topic_of(write(tmp_path, {"io.shared.Site.avsc": SITE}, {"readings": schema}))

    assert topic.value_schema["fields"][1]["type"]["items"]["name"] == "Site"
    assert [one.name for one in topic.types] == ["io.shared.Site"]


def test_load_topic_without_types_is_as_it_is_written(tmp_path: Path) -> None:
    topic = topic_of(write(tmp_path, {}, {"readings": value()}))

    assert (topic.value_as_written, topic.types) == (None, ())


def test_load_default_of_a_type_is_checked(tmp_path: Path) -> None:
    wrong = '{"name": "state", "type": "io.shared.State", "default": "IDLE"}'
    project = write(tmp_path, {"io.shared.State.avsc": STATE}, {"readings": value(wrong)})

    ((file, line, message),) = findings_of(project)
    assert (file, line) == ("schemas/readings/value.avsc", 3)
    assert "'IDLE' is no symbol of the enum" in message


def test_load_key_may_use_a_type_too(tmp_path: Path) -> None:
    state = '{"name": "state", "type": "io.shared.State"}'
    project = write(tmp_path, {"io.shared.State.avsc": STATE}, {"readings": value(state)})
    key = '{"type": "record", "name": "Key", "fields": [%s, %s]}'
    device = '{"name": "device", "type": "string"}'
    (project / "schemas/readings/key.avsc").write_text(key % (device, state))

    topic = topic_of(project)

    assert topic.key_schema is not None
    assert topic.key_schema["fields"][1]["type"]["symbols"] == ["ON", "OFF"]


def test_declared_subjects_types_come_first_and_once(tmp_path: Path) -> None:
    project = write(
        tmp_path, ALL, {"a-readings": value(AT_PLANT), "b-readings": value(AT_PLANT, BY_SITE)}
    )

    subjects = declared_subjects(load_topics(project).values())

    assert [one.name for one in subjects] == [
        "io.shared.Site",
        "io.shared.Plant",
        "a-readings-value",
        "b-readings-value",
    ]
    site, plant, first, second = subjects
    assert (site.references, site.text) == ((), site.whole)
    assert [one.subject for one in plant.references] == ["io.shared.Site"]
    assert "city" in plant.whole
    assert "city" not in plant.text
    assert [one.subject for one in first.references] == ["io.shared.Plant"]
    assert [one.name for one in second.references] == ["io.shared.Plant", "io.shared.Site"]
    assert {one.level for one in subjects} == {"FULL_TRANSITIVE"}


def _with(text: str, **changes: Any) -> str:
    return json.dumps({**json.loads(text), **changes})


@pytest.mark.parametrize(
    ("says", "types", "schema", "place", "message"),
    [
        ("file with another name", {"io.shared.Place.avsc": SITE}, value(),
         ("_types/io.shared.Place.avsc", 3), "its name must be io.shared.Site.avsc"),
        ("no namespace", {"Site.avsc": SITE.replace('  "namespace": "io.shared",\n', "")}, value(),
         ("_types/Site.avsc", 1), "needs a namespace"),
        ("unknown file", {**ALL, "site.yaml": "a: 1"}, value(AT_PLANT),
         ("_types/site.yaml", 1), "no file of a type has this name"),
        ("a folder", {**ALL, "inner/x.avsc": SITE}, value(AT_PLANT),
         ("_types/inner", 1), "holds files only"),
        ("no named type", {"io.shared.Site.avsc": '{"type": "array", "items": "int"}'}, value(),
         ("_types/io.shared.Site.avsc", 1), "a named Avro type is expected"),
        ("an error in a type", {"io.shared.Site.avsc": SITE.replace('"string"', '"text"')},
         value(BY_SITE), ("_types/io.shared.Site.avsc", 6), "unknown type 'text'"),
        ("nobody uses it", ALL, value(BY_SITE),
         ("_types/io.shared.Plant.avsc", 1), "no schema uses the type 'io.shared.Plant'"),
        ("defined by a topic too", {"io.shared.Site.avsc": SITE},
         value(BY_SITE, f'{{"name": "other", "type": {SITE}}}'),
         ("readings/value.avsc", 6), "'io.shared.Site' is defined in _types/io.shared.Site.avsc"),
        ("unknown name", {"io.shared.Site.avsc": SITE},
         value(BY_SITE, '{"name": "other", "type": "io.shared.Sites"}'),
         ("readings/value.avsc", 4), "'io.shared.Sites'; did you mean 'io.shared.Site'"),
        ("uses itself by way of another",
         {**ALL, "io.shared.Site.avsc": SITE.replace('"string"', '"Plant"')}, value(AT_PLANT),
         ("_types/io.shared.Site.avsc", 6),
         "in a circle: io.shared.Site → io.shared.Plant → io.shared.Site"),
        ("inner name of another type",
         {**ALL, "io.shared.Plant.avsc": PLANT.replace('"type": "Site"', f'"type": {SITE}')},
         value(AT_PLANT), ("_types/io.shared.Plant.avsc", 8),
         "'io.shared.Site' is defined in _types/io.shared.Site.avsc"),
    ],
    ids=lambda one: one if isinstance(one, str) and " " in one and len(one) < 40 else "",
)  # fmt: skip
def test_load_wrong_types_are_found(
    tmp_path: Path,
    says: str,
    types: dict[str, str],
    schema: str,
    place: tuple[str, int],
    message: str,
) -> None:
    found = findings_of(write(tmp_path, types, {"readings": schema}))

    matching = [one for one in found if message in one[2]]
    assert [(file.removeprefix("schemas/"), line) for file, line, _ in matching][:1] == [place], (
        says,
        found,
    )


def test_load_broken_type_is_the_only_finding(tmp_path: Path) -> None:
    types = {**ALL, "io.shared.Site.avsc": SITE.replace('"string"', '"text"')}
    project = write(tmp_path, types, {"readings": value(AT_PLANT, BY_SITE)})

    assert [file for file, _, _ in findings_of(project)] == ["schemas/_types/io.shared.Site.avsc"]
