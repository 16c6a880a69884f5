"""`headgate contract` and `headgate schema migrate` on a real broker and a real registry."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from harness.sample_project import SampleProject
from harness.stack import RunningStack
from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.registry import Registry
from headgate.ids import TopicName

pytestmark = pytest.mark.system

TIME = {"type": "long", "logicalType": "timestamp-millis"}
FIELDS: list[tuple[str, Any]] = [("device", "string"), ("at", TIME), ("value", "int")]
CHANGED: list[tuple[str, Any]] = [("device", "string"), ("at", TIME), ("value", "string")]


class Evolving:
    """A project with one registered topic that a job reads."""

    def __init__(self, project: SampleProject, stack: RunningStack) -> None:
        self.project = project
        self.topic = f"e{uuid4().hex[:8]}-readings"
        self.minutes = f"{self.topic}-minutes"
        self.registry = Registry(stack.settings.registry)
        self.admin = KafkaAdmin(stack.settings.kafka)
        project.topic(self.topic, FIELDS, key="device", retention={"time": "1h"})
        project.topic(self.minutes, FIELDS, key="device")
        table, source = (name.replace("-", "_") for name in (self.minutes, self.topic))
        project.job(
            "minutes",
            f"INSERT INTO {table} SELECT device, `at`, `value` FROM {source};",
            flink="2.3",
            sources={self.topic: {"event_time": "at"}},
            sinks=[self.minutes],
        )
        applied = project.run("apply", "--yes")
        assert applied.code == 0, applied.out + applied.err

    def schema(self, topic: str) -> Any:
        return json.loads((self.project.root / "schemas" / topic / "value.avsc").read_text())

    def plan(self) -> list[tuple[str, str, str, str]]:
        changes = self.project.run("plan", "--json").json()["changes"]
        return [(one["operation"], one["kind"], one["name"], one["risk"]) for one in changes]


@pytest.fixture
def evolving(tmp_path: Path, stack: RunningStack) -> Evolving:
    return Evolving(SampleProject(tmp_path, stack, "evolution"), stack)


def test_the_contract_tells_versions_with_their_history_and_what_is_not_as_declared(
    evolving: Evolving,
) -> None:
    project, topic = evolving.project, evolving.topic
    first = project.run("contract", topic, "--json")
    assert first.code == 0, first.err
    contract = first.json()
    assert contract["as_declared"] is True
    assert contract["key"] == ["device"]
    assert [field["name"] for field in contract["fields"]] == ["device", "at", "value"]
    assert [(use["job"], use["how"], use["is_deployed"]) for use in contract["uses"]] == [
        ("minutes", "reads", False)
    ]
    (version,) = contract["versions"]
    latest = evolving.registry.latest(f"{topic}-value")
    assert latest is not None
    assert (version["number"], version["id"], version["is_declared"]) == (1, latest.id, True)
    assert version["applied"]["surface"].startswith("command line (")
    held = {one["name"]: one["in_force"] for one in contract["settings"]}
    assert (held["retention"], held["partitions"]) == ("1h", "1")
    assert held["compatibility (value)"] == "FULL_TRANSITIVE"

    text = json.dumps(
        {
            **evolving.schema(topic),
            "fields": [
                *evolving.schema(topic)["fields"],
                {"name": "unit", "type": "string", "default": "bar"},
            ],
        }
    )
    evolving.registry.register(f"{topic}-value", text)
    evolving.admin.alter_configs({TopicName(topic): {"retention.ms": "7200000"}})
    drifted = project.run("contract", topic, "--json").json()
    assert [one["applied"] is not None for one in drifted["versions"]] == [True, False]
    assert {one["kind"] for one in drifted["pending"]} == {"subject", "configs"}
    shown = project.run("contract", topic)
    assert "not by headgate" in shown.out
    assert "Not as declared: update subject, update configs" in shown.out


def test_the_contract_of_an_unknown_topic_names_the_one_that_was_meant(evolving: Evolving) -> None:
    result = evolving.project.run("contract", f"{evolving.topic}s")
    assert result.code == 1
    assert f"did you mean '{evolving.topic}'?" in result.err


def test_a_breaking_change_goes_to_a_new_topic(evolving: Evolving) -> None:
    project, topic, new = evolving.project, evolving.topic, f"{evolving.topic}-v2"
    project.topic(topic, CHANGED, key="device", retention={"time": "1h"})
    assert [change[3] for change in evolving.plan()] == ["refused"]

    shown = project.run("schema", "migrate", topic, "--json")
    assert shown.code == 0, shown.err
    path = shown.json()
    assert path["new_topic"] == new
    assert any("a type is changed at value" in one for one in path["breaks"]), path["breaks"]
    said = [line for step in path["steps"] for line in step["does"]]
    assert f"headgate deploy {new}-copy" in said
    assert "headgate stop minutes" in said
    assert not (project.root / "schemas" / new).exists(), "nothing is written unless asked for"

    written = project.run("schema", "migrate", topic, "--write")
    assert written.code == 0, written.err
    assert evolving.schema(topic)["fields"][2]["type"] == "int"
    assert evolving.schema(new)["fields"][2]["type"] == "string"
    assert [path.name for path in project.root.glob(".migrate-*")] == []
    assert evolving.plan() == [
        ("create", "subject", f"{new}-value", "safe"),
        ("create", "topic", new, "safe"),
    ]
    assert project.run("apply", "--yes").code == 0
    assert evolving.plan() == []
    assert evolving.registry.versions(f"{topic}-value") == (1,)

    again = project.run("schema", "migrate", topic, "--to", new, "--json").json()
    assert [step["is_done"] for step in again["steps"]][:2] == [True, False]
    assert again["breaks"] == path["breaks"]


def test_the_drafted_copy_lints(evolving: Evolving) -> None:
    project, topic, new = evolving.project, evolving.topic, f"{evolving.topic}-v2"
    project.topic(topic, CHANGED, key="device", retention={"time": "1h"})
    result = project.run("schema", "migrate", topic, "--write", "--json")
    drafts = {}
    for line in (line for step in result.json()["steps"] for line in step["does"]):
        place, _, text = line.partition(":\n")
        if text:
            drafts[place] = text
    assert len(drafts) == 2, "job.yaml and job.sql"
    for place, text in drafts.items():
        file = project.root / place
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    lint = project.run("lint", "--sql")
    assert lint.code == 0, lint.out + lint.err
    assert (project.root / "flink_jobs" / f"{new}-copy" / "job.sql").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "Odd_Name"], "is not a name"),
        (["--to", "{minutes}"], "exists already"),
    ],
)
def test_a_new_name_that_cannot_be_is_refused(
    evolving: Evolving, arguments: list[str], says: str
) -> None:
    project, topic = evolving.project, evolving.topic
    project.topic(topic, CHANGED, key="device", retention={"time": "1h"})
    given = [one.format(minutes=evolving.minutes) for one in arguments]
    before = evolving.schema(topic)
    result = project.run("schema", "migrate", topic, "--write", *given)
    assert result.code == 1
    assert says in result.err
    assert "Nothing was changed" in result.err
    assert evolving.schema(topic) == before


def test_a_compatible_schema_has_nothing_to_migrate(evolving: Evolving) -> None:
    result = evolving.project.run("schema", "migrate", evolving.topic, "--write")
    assert result.code == 1
    assert "there is nothing to migrate" in result.err
    assert not (evolving.project.root / "schemas" / f"{evolving.topic}-v2").exists()


def test_a_shared_type_that_breaks_is_told_apart(evolving: Evolving) -> None:
    project, topic = evolving.project, evolving.topic
    name = f"io.headgate.tests.S{uuid4().hex[:8]}"
    types = project.root / "schemas" / "_types"
    types.mkdir()

    def declare(kind: str) -> None:
        site = {
            "type": "record",
            "name": name.rpartition(".")[2],
            "namespace": "io.headgate.tests",
            "fields": [{"name": "city", "type": kind}],
        }
        (types / f"{name}.avsc").write_text(json.dumps(site))

    declare("string")
    placed = f"{topic}-placed"
    project.topic(placed, [*FIELDS, ("site", name)], key="device")
    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.out + applied.err
    declare("int")

    result = project.run("schema", "migrate", placed)

    assert result.code == 1
    assert f"the shared type {name} itself breaks" in result.err
    assert f"put schemas/_types/{name}.avsc back" in result.err
