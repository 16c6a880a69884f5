"""Topics and subjects that other tools made on the real broker and registry, declared by import."""

import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import fastavro
import pytest
import requests
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from harness.sample_project import Ran, SampleProject
from harness.stack import RunningStack
from headgate.spec.load import load_topics

pytestmark = pytest.mark.system

TIME = {"type": "long", "logicalType": "timestamp-millis"}


def record(name: str = "Reading", **fields: Any) -> dict[str, Any]:
    listed = [{"name": field, "type": kind} for field, kind in fields.items()]
    return {"type": "record", "name": name, "namespace": "io.other", "fields": listed}


READING = record(device="string", at=TIME, value="double")
JSON_SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}
UNIT = {"name": "unit", "type": "string", "default": "bar"}


class OtherTools:
    """Makes topics and subjects without headgate, under a prefix of its own."""

    def __init__(self, stack: RunningStack) -> None:
        self.kafka = dict(stack.settings.kafka)
        self.registry = stack.settings.registry.url
        self.prefix = f"o{uuid4().hex[:8]}"
        self._admin = AdminClient(self.kafka)

    def name(self, topic: str) -> str:
        return f"{self.prefix}-{topic}"

    def topic(self, topic: str, partitions: int = 2, **configs: str) -> str:
        name = self.name(topic)
        named = {key.replace("_", "."): value for key, value in configs.items()}
        new = NewTopic(name, num_partitions=partitions, replication_factor=1, config=named)
        for future in self._admin.create_topics([new]).values():
            future.result(10)
        return name

    def schema(self, subject: str, schema: Any, **body: Any) -> int:
        text = schema if isinstance(schema, str) else json.dumps(schema)
        answer = requests.post(
            f"{self.registry}/subjects/{subject}/versions",
            json={"schema": text, **body},
            timeout=10,
        )
        assert answer.ok, answer.text
        return int(answer.json()["id"])

    def level(self, subject: str, level: str) -> None:
        answer = requests.put(
            f"{self.registry}/config/{subject}", json={"compatibility": level}, timeout=10
        )
        assert answer.ok, answer.text

    def produce(
        self, topic: str, schema_id: int, schema: Mapping[str, Any], rows: list[tuple[Any, Any]]
    ) -> None:
        producer = Producer(self.kafka)
        parsed = fastavro.parse_schema(dict(schema))
        for key, value in rows:
            buffer = io.BytesIO(struct.pack(">BI", 0, schema_id))
            buffer.seek(5)
            fastavro.schemaless_writer(buffer, parsed, value)
            producer.produce(topic, key=key, value=buffer.getvalue())
        assert producer.flush(20) == 0


@pytest.fixture
def other(stack: RunningStack) -> OtherTools:
    return OtherTools(stack)


@pytest.fixture
def project(tmp_path: Path, stack: RunningStack) -> SampleProject:
    return SampleProject(tmp_path, stack, "import")


def reading(device: str) -> dict[str, Any]:
    return {"device": device, "at": 1_760_000_000_000, "value": 1.5}


def keyed_by_device(other: OtherTools, topic: str, schema_id: int) -> None:
    rows = [(f"p-{number}", reading(f"p-{number}")) for number in range(50)]
    other.produce(topic, schema_id, READING, rows)


def expect_in_sync(project: SampleProject) -> None:
    plan = project.run("plan", "--json")
    assert plan.code == 0, plan.out + plan.err
    lint = project.run("lint")
    assert lint.code == 0, lint.out


def test_import_of_many_shapes_then_plan_has_nothing_to_do(
    other: OtherTools, project: SampleProject
) -> None:
    inherited = other.topic("inherited", partitions=3)
    keyed_by_device(other, inherited, other.schema(f"{inherited}-value", READING))
    own = other.topic(
        "own",
        retention_ms="3600000",
        retention_bytes="123456789012",
        compression_type="zstd",
        segment_bytes="1048576",
        max_message_bytes="2097152",
        message_timestamp_type="LogAppendTime",
    )
    other.schema(f"{own}-value", READING)
    other.level(f"{own}-value", "BACKWARD")
    compacted = other.topic("compacted", cleanup_policy="delete,compact", retention_ms="-1")
    other.schema(f"{compacted}-value", READING)
    other.schema(f"{compacted}-key", record("Key", device="string"))
    for kind in ("key", "value"):
        other.level(f"{compacted}-{kind}", "FULL_TRANSITIVE")
    grown = other.topic("grown", retention_bytes="-1")
    for schema in (READING, {**READING, "fields": [*READING["fields"], UNIT]}):
        other.schema(f"{grown}-value", json.dumps(schema, indent=7))

    names = (inherited, own, compacted, grown)
    result = project.run("import", *names, "--owner", "pumps", "--json")

    assert result.code == 0, result.out + result.err
    assert sorted(result.json()["written"]) == sorted(names)
    expect_in_sync(project)
    topics = {str(name): topic for name, topic in load_topics(project.root).items()}
    assert topics[inherited].spec.key == "device"
    assert topics[inherited].spec.retention.time == "inherited"
    assert topics[inherited].spec.partitions == 3
    assert topics[inherited].spec.compatibility == "NONE"
    assert topics[own].spec.compatibility == "BACKWARD"
    assert topics[own].spec.configs["compression.type"] == "zstd"
    assert topics[own].spec.partitioning == "none"
    assert topics[compacted].key_schema is not None
    assert topics[compacted].spec.cleanup == "compact,delete"
    assert topics[grown].value_schema["fields"][-1] == UNIT
    yaml = (project.root / "schemas" / inherited / "topic.yaml").read_text()
    assert "description: Imported from " in yaml
    assert "owner: pumps\n" in yaml
    assert "# The key of 50 records looked at was the text of device.\n" in yaml
    empty = (project.root / "schemas" / own / "topic.yaml").read_text()
    assert "# The key could not be told: the topic was empty." in empty
    assert [path.name for path in (project.root / "schemas").glob(".*")] == []


@pytest.mark.parametrize("level", ["FULL_TRANSITIVE", "NONE"])
def test_references_become_shared_types_or_stand_in_the_value(
    other: OtherTools, project: SampleProject, level: str
) -> None:
    site = f"io.other.Site{other.prefix}"
    place = f"io.other.Place{other.prefix}"
    other.schema(place, record(place.rpartition(".")[2], city="string"))
    other.schema(
        site,
        record(site.rpartition(".")[2], place=place),
        references=[{"name": place, "subject": place, "version": 1}],
    )
    for subject in (place, site):
        other.level(subject, level)
    topic = other.topic("at-site")
    other.schema(
        f"{topic}-value",
        record(device="string", site=site),
        references=[{"name": site, "subject": site, "version": 1}],
    )

    result = project.run("import", topic, "--json")

    assert result.code == 0, result.out + result.err
    expect_in_sync(project)
    types = sorted(file.stem for file in (project.root / "schemas" / "_types").glob("*.avsc"))
    assert types == (sorted([place, site]) if level == "FULL_TRANSITIVE" else [])
    remarks = result.json()["written"][topic]
    assert any("holds its referenced types itself" in one for one in remarks) == (level == "NONE")


def test_what_cannot_be_imported_is_told_and_left_alone(
    other: OtherTools, project: SampleProject
) -> None:
    good = other.topic("good")
    other.schema(f"{good}-value", READING)
    bare = other.topic("bare")
    as_json = other.topic("as-json")
    other.schema(f"{as_json}-value", JSON_SCHEMA, schemaType="JSON")
    micros = other.topic("micros")
    other.schema(
        f"{micros}-value",
        record(device="string", at={"type": "long", "logicalType": "timestamp-micros"}),
    )
    text_key = other.topic("text-key")
    other.schema(f"{text_key}-value", READING)
    other.schema(f"{text_key}-key", '"string"')
    logged = other.topic("compacted", cleanup_policy="compact")
    other.schema(f"{logged}-value", READING)
    odd = other.topic("Odd_Name")
    missing = other.name("missing")

    names = (good, bare, as_json, micros, text_key, logged, odd, missing)
    result = project.run("import", *names, "--json")

    assert result.code == 1
    answer = result.json()
    assert list(answer["written"]) == [good]
    says = {
        bare: f"no subject {bare}-value",
        as_json: "holds a JSON schema, not Avro",
        micros: "timestamp-micros",
        text_key: "is of type string, not record",
        logged: "compaction needs a key",
        odd: "is not a name",
        missing: "there is no topic",
    }
    assert answer["refused"].keys() == says.keys()
    for name, reason in says.items():
        assert reason in answer["refused"][name], (name, answer["refused"][name])
    assert sorted(path.name for path in (project.root / "schemas").iterdir()) == [good]
    expect_in_sync(project)


def test_a_folder_that_exists_is_never_touched(other: OtherTools, project: SampleProject) -> None:
    kept, fresh = other.topic("kept"), other.topic("fresh")
    for topic in (kept, fresh):
        other.schema(f"{topic}-value", READING)
    file = project.root / "schemas" / kept / "topic.yaml"
    file.parent.mkdir()
    file.write_text("mine\n")

    result = project.run("import", kept, fresh)

    assert result.code == 1
    assert "move that folder away" in result.err
    assert file.read_text() == "mine\n"
    assert [path.name for path in file.parent.iterdir()] == ["topic.yaml"]
    assert (project.root / "schemas" / fresh / "value.avsc").is_file()


def test_without_names_everything_that_can_be_is_imported_elsewhere(
    other: OtherTools, project: SampleProject, tmp_path: Path
) -> None:
    topic, bare = other.topic("one"), other.topic("bare")
    schema_id = other.schema(f"{topic}-value", READING)
    other.produce(topic, schema_id, READING, [(None, reading("p-1"))] * 3)
    elsewhere = tmp_path / "looked-at"

    result = project.run("import", "--into", str(elsewhere))

    assert result.code == 0, result.err
    assert "To be written" in result.out
    assert f"{bare}: not imported: " in result.err
    text = (elsewhere / topic / "topic.yaml").read_text()
    assert "# No key: 3 records looked at had none.\n" in text
    assert not (elsewhere / "__consumer_offsets").exists()
    assert list((project.root / "schemas").iterdir()) == []


def test_keys_are_told_from_committed_records_of_every_partition(
    other: OtherTools, project: SampleProject
) -> None:
    odd = other.topic("odd-keys", partitions=4)
    schema_id = other.schema(f"{odd}-value", READING)
    rows = [(f"p-{number}", reading(f"p-{number}")) for number in range(40)]
    other.produce(odd, schema_id, READING, [*rows, ("stranger", reading("p-1"))])

    project.run("import", odd)

    text = (project.root / "schemas" / odd / "topic.yaml").read_text()
    assert "no text field equals the keys of 41 records" in text
    assert "partitioning: none\n" in text
    expect_in_sync(project)


def test_an_unreachable_registry_leaves_nothing_behind(
    other: OtherTools, project: SampleProject, stack: RunningStack
) -> None:
    topic = other.topic("unreachable")
    project.use(registry=stack.settings.registry.model_copy(update={"url": "http://127.0.0.1:1"}))

    result: Ran = project.run("import", topic)

    assert result.code == 1
    assert "127.0.0.1:1" in result.err
    assert list((project.root / "schemas").iterdir()) == []
