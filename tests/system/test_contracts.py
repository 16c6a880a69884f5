"""Schemas and topics on a real broker and a real registry, from files to what is there."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import typer
from harness.relay import relay
from headgate.cli import contracts as commands
from headgate.clients.kafka_admin import KafkaAdmin, TopicCreation
from headgate.clients.registry import Registry
from headgate.errors import NeedsOperator, Rejected, Unavailable
from headgate.ids import TopicName
from headgate.operations.contracts.apply_result import Progress
from headgate.operations.contracts.plan_and_apply import (
    ApplyResult,
    PlannedContracts,
    apply_contracts,
    plan_contracts,
)
from headgate.operations.services import Services
from headgate.plan.change import Plan
from headgate.plan.contracts import Part
from headgate.plan.declared_subject import LEVEL_OF_TYPES as LEVEL
from headgate.spec.declared import DeclaredTopic, NamedEnvironment
from headgate.spec.load import load_topics
from typer.testing import CliRunner

pytestmark = pytest.mark.system

NOWHERE = "127.0.0.1:1"
FIELDS = [{"name": "device", "type": "string"}, {"name": "value", "type": "double"}]
UNIT = {"name": "unit", "type": "string", "default": "bar"}


class Project:
    """A project folder of its own, with topics that nobody else has, on the shared stack."""

    def __init__(self, folder: Path, environment: NamedEnvironment) -> None:
        self.folder = folder
        own = {"ledger": f"sqlite:///{folder}/ledger.sqlite"}
        self.environment = replace(
            environment, settings=environment.settings.model_copy(update=own)
        )
        self.prefix = f"t{uuid4().hex[:8]}"
        self.admin = KafkaAdmin(environment.settings.kafka)
        self.registry = Registry(environment.settings.registry)

    def declare(
        self, name: str, *, fields: list[dict[str, Any]] | None = None, extra: str = ""
    ) -> TopicName:
        topic = TopicName(f"{self.prefix}-{name}")
        folder = self.folder / "schemas" / topic
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["description: Readings.", "owner: tests", "key: device"]
        if "partitions:" not in extra:
            lines.append("partitions: 2")
        if "retention:" not in extra:
            lines.append("retention: {time: 7d}")
        (folder / "topic.yaml").write_text("\n".join([*lines, textwrap.dedent(extra)]) + "\n")
        schema = {"type": "record", "name": "Reading", "namespace": "io.headgate.tests"}
        (folder / "value.avsc").write_text(json.dumps({**schema, "fields": fields or FIELDS}))
        return topic

    def topics(self) -> Mapping[TopicName, DeclaredTopic]:
        return load_topics(self.folder)

    def services(self, environment: NamedEnvironment | None = None) -> Services:
        return Services(self.folder, environment or self.environment)

    def planned(self, only: Part | None = None) -> PlannedContracts:
        return plan_contracts(self.services(), only)

    def plan(self) -> Plan:
        return self.planned().plan

    def apply(
        self,
        environment: NamedEnvironment | None = None,
        *,
        approved_by: str | None = None,
        progress: Progress = lambda _line: None,
    ) -> ApplyResult:
        services = self.services(environment)
        return apply_contracts(
            services,
            plan_contracts(services),
            approved_by=approved_by,
            surface="a test",
            progress=progress,
        )

    def versions(self, topic: TopicName) -> tuple[int, ...]:
        return self.registry.versions(f"{topic}-value")

    def exists(self, topic: TopicName) -> bool:
        return topic in self.admin.topics([topic])

    def elsewhere(self, **settings: Any) -> NamedEnvironment:
        changed = self.environment.settings.model_copy(update=settings)
        return replace(self.environment, settings=changed)

    def registry_at(self, address: str) -> NamedEnvironment:
        held = self.environment.settings.registry
        path = urlsplit(held.url).path
        return self.elsewhere(registry=held.model_copy(update={"url": f"http://{address}{path}"}))


@pytest.fixture
def project(tmp_path: Path, stack: NamedEnvironment) -> Project:
    return Project(tmp_path, stack)


def test_apply_from_empty_then_plan_is_empty(project: Project) -> None:
    topic = project.declare(
        "new", extra="retention: {time: 1d}\ncleanup: compact\nconfigs: {compression.type: lz4}"
    )
    said: list[str] = []

    assert project.plan().exit_code == 3
    result = project.apply(progress=said.append)

    assert result.is_complete, result
    assert [line.split()[0] for line in said] == ["registered", "created"], "schemas come first"
    there = project.admin.topics([topic])[topic]
    assert (there.partitions, there.replication) == (2, 1)
    assert there.configs == {
        "cleanup.policy": "compact",
        "compression.type": "lz4",
        "retention.bytes": "-1",
        "retention.ms": "86400000",
    }
    latest = project.registry.latest(f"{topic}-value")
    assert latest is not None
    assert latest.version == 1
    assert project.registry.by_id(latest.id) == latest.text
    assert project.registry.level(f"{topic}-value") == LEVEL
    assert project.plan().exit_code == 0
    assert project.apply().items == ()


@pytest.mark.parametrize("only", ["schemas", "topics"])
def test_apply_one_half_leaves_the_other(project: Project, only: Part) -> None:
    topic = project.declare("half")
    services = project.services()

    result = apply_contracts(
        services, plan_contracts(services, only), approved_by=None, surface="a test"
    )

    assert result.is_complete
    assert bool(project.versions(topic)) == (only == "schemas")
    assert project.exists(topic) == (only == "topics")


def test_plan_hand_changed_retention_is_found_and_needs_approval(project: Project) -> None:
    topic = project.declare("retention")
    project.apply()
    project.admin.alter_configs({topic: {"retention.ms": "-1", "segment.ms": "60000"}})

    (change,) = project.plan().pending

    assert (change.kind, change.risk) == ("configs", "needs_approval")
    assert change.before == {"retention.ms": "-1", "segment.ms": "60000"}
    assert change.after == {"retention.ms": "604800000", "segment.ms": None}
    with pytest.raises(NeedsOperator, match="from no limit to 7d"):
        project.apply()
    assert project.admin.topics([topic])[topic].configs["retention.ms"] == "-1"
    assert project.apply(approved_by="ann").is_complete
    assert project.plan().exit_code == 0


def test_plan_lowered_level_is_set_again(project: Project) -> None:
    topic = project.declare("level")
    project.apply()
    project.registry.set_level(f"{topic}-value", "NONE")

    (change,) = project.plan().pending

    assert (change.kind, change.before, change.risk) == ("level", {"level": "NONE"}, "safe")
    assert project.apply().is_complete
    assert project.registry.level(f"{topic}-value") == LEVEL


def test_compatible_schema_becomes_the_next_version(project: Project) -> None:
    topic = project.declare("grows")
    project.apply()
    project.declare("grows", fields=[*FIELDS, UNIT])

    assert project.plan().exit_code == 3
    assert project.apply().is_complete

    assert project.versions(topic) == (1, 2)
    assert project.plan().exit_code == 0


def test_documentation_alone_is_no_change(project: Project) -> None:
    project.declare("documented")
    project.apply()
    project.declare("documented", fields=[{**field, "doc": "new"} for field in FIELDS])

    assert project.plan().exit_code == 0


def test_incompatible_schema_is_refused_here_and_by_the_registry(project: Project) -> None:
    topic = project.declare("breaks")
    project.apply()
    project.declare("breaks", fields=[FIELDS[0], {"name": "value", "type": "string"}])
    other = project.declare("unrelated")
    subject, text = f"{topic}-value", json.dumps(project.topics()[topic].value_schema)

    plan = project.plan()

    assert plan.exit_code == 1
    assert "a type is changed at value" in plan.refused[0].reason
    with pytest.raises(Rejected, match="a type is changed at value"):
        project.apply()
    answer = project.registry.compatible(subject, text, LEVEL)
    assert answer is not None
    assert not answer.is_compatible
    with pytest.raises(Rejected, match="Incompatible"):
        project.registry.register(subject, text)
    assert project.versions(topic) == (1,)
    assert not project.exists(other), "a refused change stops all others"
    assert project.versions(other) == ()


def test_older_version_declared_again_is_refused(project: Project) -> None:
    topic = project.declare("back")
    project.apply()
    project.declare("back", fields=[*FIELDS, UNIT])
    project.apply()
    project.declare("back")

    plan = project.plan()

    assert "version 1 again, but version 2 is the latest" in plan.refused[0].reason
    assert project.versions(topic) == (1, 2)


def test_break_with_an_older_version_is_found_by_both(project: Project) -> None:
    # Version 2 is compatible with the next one, version 1 is not: only all versions show it.
    topic = project.declare("transitive", fields=[*FIELDS, {**UNIT, "type": "string"}])
    project.apply()
    project.declare("transitive")
    project.apply()
    project.declare("transitive", fields=[*FIELDS, {"name": "unit", "type": "int", "default": 0}])
    text = json.dumps(project.topics()[topic].value_schema)

    reason = project.plan().refused[0].reason

    assert "version 1 cannot read the new schema" in reason
    assert "version 2" not in reason
    answer = project.registry.compatible(f"{topic}-value", text, LEVEL)
    assert answer is not None
    assert not answer.is_compatible


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("replication: 3", "replication factor of 3 cannot be reached"),
        ("configs: {max.message.bytes: many}", "many"),
    ],
)
def test_what_the_broker_would_refuse_is_refused_in_the_plan(
    project: Project, extra: str, reason: str
) -> None:
    topic = project.declare("invalid", extra=extra)

    plan = project.plan()

    assert reason in plan.refused[0].reason
    with pytest.raises(Rejected):
        project.apply()
    assert project.versions(topic) == ()
    assert not project.exists(topic)


def test_partitions_are_added_only_where_no_order_is_promised(project: Project) -> None:
    keyed = project.declare("keyed")
    free = project.declare("free", extra="partitioning: none")
    project.apply()
    project.declare("free", extra="partitions: 5\npartitioning: none")
    assert project.apply().is_complete
    project.declare("keyed", extra="partitions: 4")

    plan = project.plan()

    assert project.admin.topics([free])[free].partitions == 5
    assert "50% of all keys" in plan.refused[0].reason
    project.declare("keyed", extra="partitions: 1")
    assert "cannot take partitions away" in project.plan().refused[0].reason
    assert project.admin.topics([keyed])[keyed].partitions == 2


def test_apply_something_changed_since_the_plan_is_refused(project: Project) -> None:
    topic = project.declare("raced")
    project.apply()
    project.declare("raced", fields=[*FIELDS, UNIT])
    planned = project.planned()
    project.admin.alter_configs({topic: {"retention.ms": "5"}})

    with pytest.raises(Rejected, match="changed since the plan was made"):
        apply_contracts(project.services(), planned, approved_by=None, surface="a test")

    assert project.versions(topic) == (1,)


def test_apply__broker_down_nothing_is_registered(project: Project) -> None:
    """Step: apply while no broker answers. Expected: no schema is registered, no level set."""
    topic = project.declare("nokafka")

    with pytest.raises(Unavailable, match=f"Kafka at {NOWHERE} cannot be reached"):
        project.apply(project.elsewhere(kafka={"bootstrap.servers": NOWHERE}))

    assert project.versions(topic) == ()
    assert project.registry.level(f"{topic}-value") is None


def test_apply__registry_down_no_topic_is_created(project: Project) -> None:
    """Step: apply while no registry answers. Expected: no topic is created."""
    topic = project.declare("noregistry")

    with pytest.raises(Unavailable, match=f"schema registry at {NOWHERE} cannot be reached"):
        project.apply(project.registry_at(NOWHERE))

    assert not project.exists(topic)


def test_apply__registry_lost_midway_stops_and_a_second_run_converges(project: Project) -> None:
    """Step: the registry is cut off after the first schemas; then apply again.

    Expected: what was made is told, no topic is created; the second run makes the rest once.
    """
    names = [project.declare(f"lost{number}") for number in range(12)]
    held = urlsplit(project.environment.settings.registry.url)
    with relay(str(held.hostname), int(held.port or 80)) as (address, cut):
        result = project.apply(project.registry_at(address), progress=lambda _line: cut())

    made, failed = result.counts()["ok"], result.counts()["failed"]
    assert made >= 1
    assert failed >= 1, "some of the schemas were on their way or still to come"
    assert result.counts()["skipped"] == 2 * len(names) - made - failed
    assert any("cannot be reached" in item.message for item in result.failed)
    assert not any(project.exists(name) for name in names), "topics wait for every schema"

    assert project.apply().is_complete
    assert [project.versions(name) for name in names] == [(1,)] * len(names)
    assert project.plan().exit_code == 0


def effects_of_apply(project: Project, die_after: int = 0) -> tuple[int, int]:
    """Apply in a process that dies after so many effects; its exit code and effects made."""
    (project.folder / "environment.json").write_text(project.environment.settings.model_dump_json())
    counted = project.folder / "effects"
    counted.unlink(missing_ok=True)
    ran = subprocess.run(
        [sys.executable, "-m", "harness.die_in_apply", str(project.folder), str(die_after)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        timeout=120,
    )
    return ran.returncode, len(counted.read_text()) if counted.exists() else 0


@pytest.mark.parametrize("case", [pytest.param("from nothing", marks=pytest.mark.slow), "changes"])
def test_apply__killed_after_any_effect_a_second_run_converges_and_repeats_nothing(
    tmp_path: Path, stack: NamedEnvironment, case: str
) -> None:
    """Step: the applying process dies after each of its effects in turn; then apply again.

    Expected: the second run makes what is left and nothing twice; the plan is empty.
    """

    def declared(number: int) -> Project:
        (tmp_path / str(number)).mkdir()
        project = Project(tmp_path / str(number), stack)
        first, second = (project.declare(name) for name in ("a", "b"))
        if case == "changes":
            project.apply()
            for topic in (first, second):
                project.registry.set_level(f"{topic}-value", "NONE")
            project.declare("a", fields=[*FIELDS, UNIT], extra="configs: {compression.type: lz4}")
            project.declare("b", extra="partitions: 5\npartitioning: none")
            project.declare("c")
        return project

    code, whole = effects_of_apply(declared(0))
    assert (code, whole) == (0, 5 if case == "from nothing" else 8)
    for die_after in range(1, whole + 1):
        project = declared(die_after)
        died, before = effects_of_apply(project, die_after)
        code, after = effects_of_apply(project)

        assert (died, before, code) == (-9, die_after, 0)
        # Schemas are registered side by side: what was on its way when the process died may
        # have arrived without being counted.
        assert before + after <= whole, "an effect was made twice"
        expected = {"a": (1, 2) if case == "changes" else (1,), "b": (1,), "c": (1,)}
        assert {name[10:]: project.versions(name) for name in project.topics()} == {
            name[10:]: expected[name[10:]] for name in project.topics()
        }
        assert project.plan().exit_code == 0
        last = project.services().ledger.contract_runs()
        assert [run.state for run in last] == (
            ["complete", "running"] if die_after < whole else ["running"]
        ) + (["complete"] if case == "changes" else [])


@pytest.fixture
def headgate(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    monkeypatch.setattr(commands, "project", lambda: project.folder)
    monkeypatch.setattr(commands, "environment", lambda _name: project.environment)
    app = typer.Typer()
    commands.register(app)

    def run(*arguments: str, answer: str | None = None) -> tuple[int, str]:
        result = CliRunner().invoke(app, arguments, input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout

    return run


def test_commands_from_empty_to_as_declared(
    project: Project, headgate: Callable[..., tuple[int, str]]
) -> None:
    topic = project.declare("typed")

    code, text = headgate("plan")
    assert (code, f"create topic {topic}" in text) == (3, True)
    code, text = headgate("plan", "--json")
    assert (code, json.loads(text)["counts"]["safe"]) == (3, 2)
    assert headgate("apply", answer="n\n")[0] == 1
    assert not project.exists(topic)
    code, text = headgate("apply", "--yes", "--json")
    assert (code, json.loads(text)["complete"]) == (0, True)
    code, text = headgate("plan")
    assert (code, text.startswith("Nothing to do")) == (0, True)


def test_commands_dangerous_change_waits_for_approve(
    project: Project, headgate: Callable[..., tuple[int, str]]
) -> None:
    topic = project.declare("shortened")
    project.apply()
    project.declare("shortened", extra="retention: {time: 1d}")

    assert headgate("plan")[0] == 3
    with pytest.raises(NeedsOperator):
        headgate("apply", "--yes")
    assert headgate("apply", "--yes", "--approve")[0] == 0
    assert project.admin.topics([topic])[topic].configs["retention.ms"] == "86400000"


def test_ledger_keeps_who_approved_and_what_became_of_each_change(project: Project) -> None:
    topic = project.declare("recorded")
    project.apply(approved_by="ann")
    project.declare("recorded", extra="retention: {time: 1d}")
    project.apply(approved_by="ann")

    second, first = project.services().ledger.contract_runs()

    assert (first.state, first.approved_by) == ("complete", None), "nothing needed an approval"
    assert (second.state, second.approved_by, second.surface) == ("complete", "ann", "a test")
    assert [(one["kind"], one["name"], one["outcome"]) for one in second.items] == [
        ("configs", topic, "ok")
    ]


@pytest.fixture
def saved(project: Project, headgate: Callable[..., tuple[int, str]]) -> Path:
    project.declare("saved")
    file = project.folder / "plan.json"
    assert headgate("plan", "--out", str(file))[0] == 3
    return file


def test_saved_plan_is_applied_as_it_is(
    project: Project, headgate: Callable[..., tuple[int, str]], saved: Path
) -> None:
    written = json.loads(saved.read_text())

    assert written["cluster_id"] == project.admin.cluster().cluster_id
    assert [change["kind"] for change in written["changes"]] == ["subject", "topic"]
    assert headgate("apply", str(saved), "--yes")[0] == 0
    assert project.plan().exit_code == 0
    with pytest.raises(Rejected, match="topics, subjects or deployed jobs have changed since"):
        headgate("apply", str(saved), "--yes")


def test_saved_plan_after_a_change_of_files_is_refused(
    project: Project, headgate: Callable[..., tuple[int, str]], saved: Path
) -> None:
    topic = project.declare("saved", fields=[*FIELDS, UNIT])

    with pytest.raises(Rejected, match="files below schemas/ have changed since"):
        headgate("apply", str(saved), "--yes")

    assert not project.exists(topic)


def test_saved_plan_after_a_change_in_kafka_is_refused(
    project: Project, headgate: Callable[..., tuple[int, str]], saved: Path
) -> None:
    topic = next(iter(project.topics()))
    project.admin.create([TopicCreation(topic, 1, 1, {})])

    with pytest.raises(Rejected, match="topics, subjects or deployed jobs have changed since"):
        headgate("apply", str(saved), "--yes")

    assert project.versions(topic) == ()


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("cluster_id", "another", "made for the Kafka cluster another"),
        ("environment", "production", "made for environment production"),
    ],
)
def test_saved_plan_of_another_place_is_refused(
    headgate: Callable[..., tuple[int, str]], saved: Path, key: str, value: str, reason: str
) -> None:
    saved.write_text(json.dumps({**json.loads(saved.read_text()), key: value}))

    with pytest.raises(Rejected, match=reason):
        headgate("apply", str(saved), "--yes")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"headgate_plan": 2}', "\udcff"])
def test_file_that_is_no_plan_is_refused(
    headgate: Callable[..., tuple[int, str]], saved: Path, text: str
) -> None:
    saved.write_text(text, errors="surrogateescape")

    with pytest.raises(Rejected, match=r"is not a plan|cannot be read"):
        headgate("apply", str(saved), "--yes")
