"""Schemas and topics on a real broker and a real registry, from files to what is there."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import typer
from headgate.cli import contracts as commands
from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.registry import Registry
from headgate.errors import NeedsOperator, Rejected, Unavailable
from headgate.ids import TopicName
from headgate.operations.contracts.plan_and_apply import (
    ApplyResult,
    apply_contracts,
    plan_contracts,
)
from headgate.plan.change import Plan
from headgate.plan.contracts import Part
from headgate.plan.subjects import LEVEL
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
        self.environment = environment
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

    def plan(self, environment: NamedEnvironment | None = None) -> Plan:
        return plan_contracts(self.topics(), environment or self.environment)

    def apply(self, environment: NamedEnvironment | None = None, **options: Any) -> ApplyResult:
        where = environment or self.environment
        return apply_contracts(self.plan(where), self.topics(), where, **options)

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
    plan = plan_contracts(project.topics(), project.environment, only)

    result = apply_contracts(plan, project.topics(), project.environment, only=only)

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
    assert project.apply(approved=True).is_complete
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
    assert not project.registry.compatible(subject, text).is_compatible
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
    assert not project.registry.compatible(f"{topic}-value", text).is_compatible


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
    plan = project.plan()
    project.admin.alter_configs({topic: {"retention.ms": "5"}})

    with pytest.raises(Rejected, match="changed since the plan was made"):
        apply_contracts(plan, project.topics(), project.environment)

    assert project.versions(topic) == (1,)


def test_apply__broker_down_nothing_is_registered(project: Project) -> None:
    topic = project.declare("nokafka")

    with pytest.raises(Unavailable, match=f"Kafka at {NOWHERE} cannot be reached"):
        project.apply(project.elsewhere(kafka={"bootstrap.servers": NOWHERE}))

    assert project.versions(topic) == ()
    assert project.registry.level(f"{topic}-value") is None


def test_apply__registry_down_no_topic_is_created(project: Project) -> None:
    topic = project.declare("noregistry")

    with pytest.raises(Unavailable, match=f"schema registry at {NOWHERE} cannot be reached"):
        project.apply(project.registry_at(NOWHERE))

    assert not project.exists(topic)


def test_apply__registry_lost_midway_stops_and_a_second_run_converges(project: Project) -> None:
    names = [project.declare(name) for name in ("a", "b", "c")]
    held = urlsplit(project.environment.settings.registry.url)
    with relay(str(held.hostname), int(held.port or 80)) as (address, cut):
        result = project.apply(project.registry_at(address), progress=lambda _line: cut())

    assert result.counts() == {"ok": 1, "failed": 1, "skipped": 4}
    assert "cannot be reached" in result.failed[0].message
    assert [len(project.versions(name)) for name in names] == [1, 0, 0]
    assert not any(project.exists(name) for name in names), "topics wait for every schema"

    assert project.apply().is_complete
    assert [project.versions(name) for name in names] == [(1,), (1,), (1,)]
    assert project.plan().exit_code == 0


def test_apply__killed_between_schema_and_topic_second_run_converges(project: Project) -> None:
    topic = project.declare("killed")
    settings = project.folder / "environment.json"
    settings.write_text(project.environment.settings.model_dump_json())
    script = """
        import os, signal, sys
        from pathlib import Path
        from headgate.operations.contracts.plan_and_apply import apply_contracts, plan_contracts
        from headgate.spec.declared import NamedEnvironment
        from headgate.spec.environment import Environment
        from headgate.spec.load import load_topics

        folder = Path(sys.argv[1])
        settings = Environment.model_validate_json((folder / "environment.json").read_text())
        environment = NamedEnvironment("killed", settings, None)
        topics = load_topics(folder)
        plan = plan_contracts(topics, environment)
        apply_contracts(
            plan, topics, environment, progress=lambda _: os.kill(os.getpid(), signal.SIGKILL)
        )
    """
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(project.folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        timeout=60,
    )

    assert died.returncode == -signal.SIGKILL
    assert project.versions(topic) == (1,)
    assert not project.exists(topic)
    (left,) = project.plan().pending
    assert (left.kind, left.operation) == ("topic", "create")
    assert project.apply().is_complete
    assert project.versions(topic) == (1,), "nothing is registered twice"
    assert project.plan().exit_code == 0


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


class relay:  # noqa: N801 - reads as a verb where it is used
    """A way to a server that can be cut at any moment; connections end with it."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    def __enter__(self) -> tuple[str, Callable[[], None]]:
        threading.Thread(target=self._accept, daemon=True).start()
        host, port = self._listener.getsockname()
        return f"{host}:{port}", self.cut

    def __exit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        for end in (self._listener, *self._open):
            # A shutdown wakes the thread that waits in accept or recv; close alone does not.
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                end.close()

    def _accept(self) -> None:
        for client in self._clients():
            server = socket.create_connection(self._target)
            self._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def _clients(self) -> Iterator[socket.socket]:
        while True:
            try:
                yield self._listener.accept()[0]
            except OSError:
                return


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65_536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
