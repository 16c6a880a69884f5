"""The rules of schema evolution on a real registry: the same cases as without one."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from harness.avro_pairs import PAIRS, Pair
from harness.stack import RunningStack
from harness.subject_rows import ROWS, Row, moved
from headgate.clients.records.wire_format import Decoder, Encoder
from headgate.clients.registry import Registry
from headgate.errors import Rejected
from headgate.observe.subjects import observe_subjects
from headgate.operations.contracts.apply_schemas import apply_schemas
from headgate.plan.change import Change
from headgate.plan.declared_subject import DeclaredSubject, declared_subjects
from headgate.plan.subjects import plan_subject
from headgate.spec.environment import RegistryAddress
from headgate.spec.load import load_topics

pytestmark = pytest.mark.system


@pytest.fixture
def address(stack: RunningStack) -> RegistryAddress:
    return stack.settings.registry


@pytest.fixture
def registry(address: RegistryAddress) -> Iterator[Registry]:
    client = Registry(address)
    yield client
    client.close()


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.says)
def test_registry_gives_the_verdict_of_the_pair(registry: Registry, pair: Pair) -> None:
    subject = f"pair-{uuid4().hex}-value"
    registry.set_level(subject, "NONE")
    for schema in pair.history:
        registry.register(subject, json.dumps(schema))
    registry.set_level(subject, pair.level)

    answer = registry.compatible(subject, json.dumps(pair.next), pair.level)

    assert answer is not None
    if pair.disagrees:
        assert answer.is_compatible != pair.is_compatible, "it agrees now: the reason is outdated"
    else:
        assert answer.is_compatible == pair.is_compatible, answer.messages
    try:
        registry.register(subject, json.dumps(pair.next))
    except Rejected:
        assert not answer.is_compatible
    else:
        assert answer.is_compatible


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_row_is_planned_and_applied_on_the_registry(
    address: RegistryAddress, registry: Registry, row: Row
) -> None:
    mark = uuid4().hex[:12]
    topic, namespace = f"rows-{mark}", f"io.rows.t{mark}"
    bring_there(registry, row, topic, namespace)
    subjects = row.subjects(topic, namespace)

    planned = plan(address, subjects)

    of_value = [one for one in planned if one.name == f"{topic}-value"]
    of_types = [one for one in planned if one.name != f"{topic}-value"]
    assert tuple((one.kind, one.operation, one.risk) for one in of_value) == row.changes
    assert tuple((one.kind, one.operation, one.risk) for one in of_types) == row.type_changes
    assert row.reason in " ".join(one.reason for one in of_value)
    if any(one.risk == "refused" for one in planned):
        return
    pending = [one for one in planned if one.operation != "none"]
    results = apply_schemas(pending, address, lambda _: None)
    assert [one.outcome for one in results] == ["ok"] * len(pending), results
    assert {one.operation for one in plan(address, subjects)} == {"none"}


def test_apply_schemas_type_is_registered_before_what_refers_to_it(
    address: RegistryAddress, registry: Registry, tmp_path: Path
) -> None:
    namespace = f"io.types.t{uuid4().hex[:8]}"
    topics = [f"types-{uuid4().hex[:8]}" for _ in range(3)]
    write_project(tmp_path, namespace, topics)
    subjects = declared_subjects(load_topics(tmp_path).values())
    told: list[str] = []

    results = apply_schemas(plan(address, subjects), address, told.append)

    assert [one.outcome for one in results] == ["ok"] * 5
    assert [line.split()[2].strip(":") for line in told[:2]] == [
        f"{namespace}.Site",
        f"{namespace}.Plant",
    ]
    for topic in topics:
        latest = registry.latest(f"{topic}-value")
        assert latest is not None
        assert [one.subject for one in latest.references] == [f"{namespace}.Plant"]
        assert json.loads(latest.text)["fields"][1]["type"] == f"{namespace}.Plant"
        assert "city" in latest.whole
    assert {one.operation for one in plan(address, subjects)} == {"none"}


def test_apply_schemas_twice_registers_nothing_twice(
    address: RegistryAddress, registry: Registry, tmp_path: Path
) -> None:
    namespace, topic = f"io.types.t{uuid4().hex[:8]}", f"types-{uuid4().hex[:8]}"
    write_project(tmp_path, namespace, [topic])
    changes = plan(address, declared_subjects(load_topics(tmp_path).values()))

    first = apply_schemas(changes, address, lambda _: None)
    again = apply_schemas(changes, address, lambda _: None)

    assert [one.message for one in first] == [one.message for one in again]
    assert registry.versions(f"{topic}-value") == (1,)
    assert registry.versions(f"{namespace}.Site") == (1,)


def test_apply_schemas_refused_type_takes_what_refers_to_it_with_it(
    address: RegistryAddress, registry: Registry, tmp_path: Path
) -> None:
    namespace = f"io.types.t{uuid4().hex[:8]}"
    topics = [f"types-{uuid4().hex[:8]}" for _ in range(2)]
    write_project(tmp_path, namespace, topics)
    changes = plan(address, declared_subjects(load_topics(tmp_path).values()))
    other = {"type": "record", "name": "Site", "namespace": namespace, "fields": []}
    registry.set_level(f"{namespace}.Site", "FULL_TRANSITIVE")
    registry.register(f"{namespace}.Site", json.dumps({**other, "fields": [
        {"name": "city", "type": "int"}]}))  # fmt: skip

    results = apply_schemas(changes, address, lambda _: None)

    assert [one.outcome for one in results] == ["failed", *["skipped"] * 3]
    assert "which it refers to, is not registered" in results[1].message
    assert registry.latest(f"{topics[0]}-value") is None


def test_record_of_a_schema_with_references_is_read(
    address: RegistryAddress, registry: Registry, tmp_path: Path
) -> None:
    namespace, topic = f"io.types.t{uuid4().hex[:8]}", f"types-{uuid4().hex[:8]}"
    write_project(tmp_path, namespace, [topic])
    subjects = declared_subjects(load_topics(tmp_path).values())
    apply_schemas(plan(address, subjects), address, lambda _: None)
    latest = registry.latest(f"{topic}-value")
    assert latest is not None
    value = {"device": "d", "plant": {"site": {"city": "Genoa"}}}

    payload = Encoder(latest.id, latest.whole_text)(value)

    assert Decoder(registry.by_id)(payload) == value


def test_registry_cannot_judge_beside_references(registry: Registry) -> None:
    """Apicurio 3.3.3: no verdict on any schema, and the types may not be written in again."""
    mark = uuid4().hex[:12]
    row = next(one for one in ROWS if one.says == "shared type, as declared")
    topic, namespace = f"rows-{mark}", f"io.rows.t{mark}"
    bring_there(registry, row, topic, namespace)
    value = row.subjects(topic, namespace)[-1]

    assert registry.compatible(value.name, value.whole, value.level) is None
    with pytest.raises(Rejected, match="invalid Avro schema"):
        registry.register(value.name, value.whole)


def plan(address: RegistryAddress, subjects: tuple[DeclaredSubject, ...]) -> list[Change]:
    observed = observe_subjects(address, subjects)
    return [change for one in subjects for change in plan_subject(one, observed.get(one.name))]


def bring_there(registry: Registry, row: Row, topic: str, namespace: str) -> None:
    """Bring the registry to what the row says that it has."""
    for name, history in row.of_types(namespace).items():
        registry.set_level(name, "NONE")
        for schema in history:
            registry.register(name, json.dumps(schema))
        registry.set_level(name, "FULL_TRANSITIVE")
    subject = f"{topic}-value"
    if row.held is not None and row.history:
        registry.set_level(subject, "NONE")
    for version in row.history:
        text = json.dumps(moved(version.schema, namespace))
        references = row.references(version, namespace)
        registry.register(subject, text, references, kind=version.kind)
    if row.held is not None and row.history:
        registry.set_level(subject, row.held)


def write_project(folder: Path, namespace: str, topics: list[str]) -> None:
    types = folder / "schemas" / "_types"
    types.mkdir(parents=True)
    site = {"type": "record", "name": "Site", "namespace": namespace,
            "fields": [{"name": "city", "type": "string"}]}  # fmt: skip
    plant = {"type": "record", "name": "Plant", "namespace": namespace,
             "fields": [{"name": "site", "type": "Site"}]}  # fmt: skip
    for schema in (site, plant):
        (types / f"{namespace}.{schema['name']}.avsc").write_text(json.dumps(schema))
    for topic in topics:
        place = folder / "schemas" / topic
        place.mkdir()
        (place / "topic.yaml").write_text(
            "description: Readings.\nowner: tests\npartitions: 1\nkey: device\n"
        )
        value = {
            "type": "record",
            "name": "Reading",
            "fields": [
                {"name": "device", "type": "string"},
                {"name": "plant", "type": f"{namespace}.Plant"},
            ],
        }
        (place / "value.avsc").write_text(json.dumps(value))
