"""Schemas and topics on servers that demand TLS, passwords and rights.

The broker is a second real one with StandardAuthorizer; the registry is that of the shared stack
behind a front with TLS, a password and client certificates.
"""

import json
import os
import subprocess
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from confluent_kafka.admin import AclOperation, ConfigResource, ResourceType
from harness.certificates import Authority
from harness.sample_project import HEADGATE
from harness.secured_kafka import Acl, SecuredKafka, secured_kafka
from harness.stack import PROJECT, RunningStack
from harness.tls_front import Access, TlsFront
from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.records.group_offsets import GroupOffsets
from headgate.clients.records.offsets import TopicOffsets
from headgate.clients.records.producer import RecordProducer
from headgate.clients.records.reader import RecordReader
from headgate.clients.records.wire_format import Decoder
from headgate.clients.registry import Registry
from headgate.errors import HeadgateError, Rejected
from headgate.ids import TopicName
from headgate.local.offer import toml_text
from headgate.operations.contracts.apply_result import ApplyResult
from headgate.operations.contracts.plan_and_apply import apply_contracts, plan_contracts
from headgate.operations.services import Services
from headgate.plan.change import Plan
from headgate.spec.environment import Environment
from headgate.spec.load_environment import load_environment

pytestmark = pytest.mark.system

KAFKA_CANARY = "canary-kafka-8f31"
REGISTRY_CANARY = "canary-registry-c94d"
SECRETS = (KAFKA_CANARY, REGISTRY_CANARY)
FIELDS = [{"name": "device", "type": "string"}, {"name": "value", "type": "double"}]
UNIT = {"name": "unit", "type": "string", "default": "bar"}


@dataclass(frozen=True)
class Servers:
    """The secured servers, and what their clients are given."""

    broker: SecuredKafka
    front: TlsFront
    authority: Authority
    folder: Path
    registry_path: str


@dataclass
class Project:
    """A project of one principal, whose topics nobody else has."""

    folder: Path
    servers: Servers
    principal: str
    prefix: str
    said: list[str] = field(default_factory=list)
    """Everything that anybody could have read."""

    def use(self, **changes: Any) -> None:
        client = self.servers.folder
        settings = {
            "kafka": self.servers.broker.settings(self.principal, "env:TEST_KAFKA_PASSWORD"),
            "registry": {
                "url": self.servers.front.address + self.servers.registry_path,
                "user": "provisioner",
                "password": "env:TEST_REGISTRY_PASSWORD",
                "ca": str(self.servers.authority.file),
                "certificate": str(client / "client.pem"),
                "key": str(client / "client.key"),
            },
            "flink": {},
            "state": "state",
            "artefacts": "artefacts",
            "ledger": f"sqlite:///{self.folder}/ledger.sqlite",
            **changes,
        }
        content = {"default": "secured", "environments": {"secured": settings}}
        text = toml_text(content).replace("[]", "{}")
        (self.folder / "headgate.toml").write_text(text)

    def declare(self, name: str, fields: list[dict[str, Any]] = FIELDS, **yaml: Any) -> TopicName:
        topic = TopicName(f"{self.prefix}-{name}")
        folder = self.folder / "schemas" / topic
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "description": "Readings.",
            "owner": "tests",
            "partitions": 1,
            "retention": {"time": "7d"},
            "partitioning": "none",
            **yaml,
        }
        (folder / "topic.yaml").write_text(json.dumps(content))
        schema = {"type": "record", "name": "Reading", "namespace": "io.headgate.tests"}
        (folder / "value.avsc").write_text(json.dumps({**schema, "fields": fields}))
        return topic

    @property
    def settings(self) -> Environment:
        return load_environment(self.folder, None).settings

    @property
    def services(self) -> Services:
        return Services(self.folder, load_environment(self.folder, None))

    def plan(self) -> Plan:
        with self.listening():
            plan = plan_contracts(self.services).plan
        self.said.append(json.dumps(plan.to_json()))
        return plan

    def apply(self, approved_by: str | None = None) -> ApplyResult:
        services = self.services
        with self.listening():
            planned = plan_contracts(services)
            result = apply_contracts(
                services,
                planned,
                approved_by=approved_by,
                surface="a test",
                progress=self.said.append,
            )
        self.said.append(json.dumps(result.to_json()))
        return result

    def refused(self, call: Callable[[], object]) -> Rejected:
        with pytest.raises(Rejected) as caught:
            call()
        return caught.value

    def listening(self) -> "_Listening":
        return _Listening(self.said)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(PROJECT / "plugins"), str(PROJECT / "tests")))
        ended = subprocess.run(
            [*HEADGATE, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path, "HEADGATE_PROJECT": "", **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.said += [ended.stdout, ended.stderr]
        return ended

    def seen(self) -> tuple[dict[str, Any], list[str]]:
        """Topics and versions of subjects: what a refusal must not change."""
        admin = self.servers.broker.admin
        topics = {
            name: len(topic.partitions)
            for name, topic in admin.list_topics(timeout=10).topics.items()
            if name.startswith(self.prefix)
        }
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in topics]
        answers = admin.describe_configs(resources) if resources else {}
        configs = {
            resource.name: {key: entry.value for key, entry in answer.result(10).items()}
            for resource, answer in answers.items()
        }
        registry = Registry(self.settings.registry)
        subjects = [name for name in registry.subjects() if name.startswith(self.prefix)]
        versions = [f"{name}:{registry.versions(name)}" for name in subjects]
        return {name: (topics[name], configs[name]) for name in topics}, versions


class _Listening:
    """Keeps what an exception and all its causes would print."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self._said.append(everything_in(error))


def everything_in(error: BaseException) -> str:
    """The text of an exception and of all its causes, with their fields."""
    parts = traceback.format_exception(error)
    inner: BaseException | None = error
    while inner is not None:
        parts += [repr(inner), repr(inner.args), repr(getattr(inner, "__dict__", {}))]
        inner = inner.__cause__ or inner.__context__
    return "\n".join(parts)


@pytest.fixture(scope="module")
def servers(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder, "registry")
    authority.issue("client")
    parts = urlsplit(stack.settings.registry.url)
    access = Access("provisioner", REGISTRY_CANARY, authority.file)
    front = TlsFront(f"http://{parts.netloc}", authority.issue("front"), access)
    with secured_kafka(folder) as broker, closing(front):
        yield Servers(broker, front, authority, folder, parts.path)


def rights_of_a_provisioner(prefix: str) -> dict[str, Acl]:
    """What docs/security.md says that `provision_topics` and `headgate apply` need."""
    return {
        "Describe": Acl(AclOperation.DESCRIBE, prefix),
        "DescribeConfigs": Acl(AclOperation.DESCRIBE_CONFIGS, prefix),
        "Create": Acl(AclOperation.CREATE, prefix),
        "Alter": Acl(AclOperation.ALTER, prefix),
        "AlterConfigs": Acl(AclOperation.ALTER_CONFIGS, prefix),
        "Delete": Acl(AclOperation.DELETE, prefix),
    }


def rights_of_a_reader(prefix: str) -> tuple[Acl, ...]:
    """What docs/security.md says that `check_drift` and `headgate plan` need."""
    return (Acl(AclOperation.DESCRIBE, prefix), Acl(AclOperation.DESCRIBE_CONFIGS, prefix))


@pytest.fixture
def project(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("TEST_KAFKA_PASSWORD", KAFKA_CANARY)
    monkeypatch.setenv("TEST_REGISTRY_PASSWORD", REGISTRY_CANARY)
    monkeypatch.delenv("HEADGATE_PROJECT", raising=False)
    name = uuid4().hex[:8]
    made = Project(tmp_path, servers, f"provisioner-{name}", f"t{name}")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "flink_jobs").mkdir()
    servers.broker.add_user(made.principal, KAFKA_CANARY)
    servers.broker.allow(made.principal, *rights_of_a_provisioner(made.prefix).values())
    made.use()
    yield made
    assert_no_secret(made)


def assert_no_secret(project: Project) -> None:
    """No password stands in anything that was said, nor in any file that was written."""
    assert project.said, "something must have been said"
    written = {
        file.relative_to(project.folder): file.read_bytes().decode(errors="replace")
        for file in project.folder.rglob("*")
        if file.is_file()
    }
    for secret in SECRETS:
        assert not any(secret in text for text in project.said)
        assert not [name for name, text in written.items() if secret in text]


def test_provisioner_with_the_documented_rights_can_do_all(project: Project) -> None:
    free = project.declare("free")
    doomed = project.declare("doomed")

    assert project.plan().exit_code == 3
    assert project.apply().is_complete
    assert project.plan().exit_code == 0
    assert project.servers.front.seen, "the registry was asked through the front"

    project.declare("free", [*FIELDS, UNIT], partitions=3, retention={"time": "8d"})
    project.declare("doomed", deletion={"reason": "a test ends"})
    result = project.apply(approved_by="a test")
    assert result.is_complete, result
    there, subjects = project.seen()
    assert list(there) == [free]
    assert there[free][0] == 3
    assert there[free][1]["retention.ms"] == str(8 * 24 * 3600 * 1000)
    assert f"{free}-value:(1, 2)" in subjects
    assert doomed not in there

    hand = KafkaAdmin({**project.servers.broker.settings("setup", project.servers.broker.password)})
    hand.alter_configs({free: {"retention.ms": "86400000"}})
    drift = project.plan()
    assert [(change.kind, change.name) for change in drift.pending] == [("configs", free)]


def test_commands_print_no_secret(project: Project) -> None:
    topic = project.declare("typed")

    planned = project.run("plan", "--json")
    assert planned.returncode == 3, planned.stderr
    assert topic in planned.stdout
    applied = project.run("apply", "--yes", "--json")
    assert applied.returncode == 0, applied.stderr
    assert project.run("plan").returncode == 0
    wrong = project.run("plan", TEST_KAFKA_PASSWORD=f"{KAFKA_CANARY}-wrong")
    assert wrong.returncode == 1
    assert "refuses the user or the password" in wrong.stderr.replace("\n", " ")
    wrong = project.run("plan", TEST_REGISTRY_PASSWORD=f"{REGISTRY_CANARY}-wrong")
    assert wrong.returncode == 1
    assert "denies access" in wrong.stderr.replace("\n", " ")


@dataclass(frozen=True)
class Missing:
    """What is taken away, what is then tried, and what must be said."""

    rights: tuple[str, ...]
    name: str
    change: dict[str, Any]
    words: tuple[str, ...]


MISSING = [
    Missing(("Create",), "new", {}, ("creation of topic {topic}", "ACL Create on the topic")),
    Missing(
        ("AlterConfigs",),
        "held",
        {"retention": {"time": "8d"}},
        ("configuration of topic {topic}", "ACL AlterConfigs"),
    ),
    Missing(("Alter",), "held", {"partitions": 3}, ("partitions of topic {topic}", "ACL Alter on")),
    # AlterConfigs implies DescribeConfigs, and Alter and Delete imply Describe.
    Missing(
        ("AlterConfigs", "DescribeConfigs"),
        "held",
        {},
        ("configuration of {topic}", "ACL DescribeConfigs on the topic"),
    ),
    Missing(
        ("Alter", "Delete", "Describe"),
        "held",
        {},
        ("creation of topic {topic}", "exists already", "ACL Describe on the topic"),
    ),
]


@pytest.mark.parametrize("missing", MISSING, ids=lambda one: "-".join(one.rights))
def test_right_that_is_missing_is_named_and_nothing_changes(
    project: Project, missing: Missing
) -> None:
    project.declare("held")
    assert project.apply().is_complete
    rights = [rights_of_a_provisioner(project.prefix)[name] for name in missing.rights]
    topic = project.declare(missing.name, [*FIELDS, UNIT], **missing.change)
    before = project.seen()
    project.servers.broker.take_away(project.principal, *rights)

    error = project.refused(project.apply)

    for word in missing.words:
        assert word.format(topic=topic) in error.what
    assert "Nothing was changed" in error.still_true
    assert project.seen() == before, "no version was registered either"
    project.servers.broker.allow(project.principal, *rights)
    assert project.apply().is_complete


def test_deletion_without_the_right_fails_alone_and_is_named(project: Project) -> None:
    topic = project.declare("held")
    assert project.apply().is_complete
    delete = rights_of_a_provisioner(project.prefix)["Delete"]
    project.servers.broker.take_away(project.principal, delete)
    before = project.seen()
    project.declare("held", deletion={"reason": "a test ends"})

    with project.listening():
        try:
            failure = "\n".join(item.message for item in project.apply("a test").failed)
        except HeadgateError as error:
            failure = str(error)

    assert topic in failure
    assert "ACL Delete on the topic" in failure
    assert project.seen() == before
    project.servers.broker.allow(project.principal, delete)
    assert project.apply("a test").is_complete


def test_reader_can_plan_and_not_apply(project: Project) -> None:
    topic = project.declare("held")
    assert project.apply().is_complete
    writer = project.principal
    project.principal = f"reader-{uuid4().hex[:8]}"
    broker = project.servers.broker
    broker.add_user(project.principal, KAFKA_CANARY)
    broker.allow(project.principal, *rights_of_a_reader(project.prefix))
    project.use()

    assert project.plan().exit_code == 0
    project.declare("held", retention={"time": "8d"})
    new = project.declare("new")
    before = project.seen()

    plan = project.plan()
    assert {(change.kind, change.name) for change in plan.refused} == {
        ("configs", topic),
        ("topic", new),
    }
    assert all("check the ACL" in change.reason for change in plan.refused)
    error = project.refused(project.apply)
    assert topic in error.what
    assert new in error.what
    assert project.seen() == before
    project.principal = writer
    project.use()
    assert project.apply().is_complete


def test_records_and_offsets_need_rights_that_are_named(project: Project) -> None:
    topic = project.declare("held")
    assert project.apply().is_complete
    kafka = project.settings.kafka
    prefix, broker = project.prefix, project.servers.broker
    broker.await_groups(f"{prefix}-warm")

    with project.listening(), pytest.raises(Rejected, match="Describe on the group") as caught:
        GroupOffsets(kafka).committed(f"{prefix}-group", topic)
    assert f"{prefix}-group" in caught.value.what
    group = Acl(AclOperation.DESCRIBE, prefix, ResourceType.GROUP)
    broker.allow(project.principal, group)
    assert GroupOffsets(kafka).committed(f"{prefix}-group", topic) == {0: 0}

    with project.listening(), pytest.raises(HeadgateError, match="ACL Write on the topic"):
        produce_one(kafka, topic)
    broker.allow(project.principal, Acl(AclOperation.WRITE, prefix))
    produce_one(kafka, topic)
    assert TopicOffsets(kafka).end(topic) == {0: 1}

    with project.listening(), pytest.raises(Rejected, match="ACL Read on the topic"):
        read_all(kafka, topic)
    broker.allow(project.principal, Acl(AclOperation.READ, prefix))
    assert read_all(kafka, topic) == 1


def produce_one(kafka: Mapping[str, str], topic: TopicName) -> None:
    with RecordProducer(kafka, topic) as producer:
        producer.send(b"1")
        producer.flush()


def read_all(kafka: Mapping[str, str], topic: TopicName) -> int:
    """Number of records, none of which can be decoded."""
    skipped: list[Rejected] = []
    with RecordReader(kafka, Decoder(lambda _id: "")) as reader:
        for batch in reader.read(topic, "earliest", reader.end(topic), skipped.append):
            assert batch == []
    return len(skipped)


def test_untrusted_servers_are_named_with_what_to_check(project: Project, tmp_path: Path) -> None:
    project.declare("held")
    other = Authority(tmp_path, "other")
    kafka = project.settings.kafka
    registry = project.settings.registry.model_dump(mode="json", exclude_none=True)

    project.use(kafka={**kafka, "ssl.ca.location": str(other.file)})
    assert "ssl.ca.location" in project.refused(project.plan).next_step
    project.use(kafka={**kafka, "ssl.ca.location": "nowhere.pem"})
    error = project.refused(project.plan)
    assert "kafka settings in headgate.toml cannot be used" in error.what
    project.use(kafka={**kafka, "sasl.username": "nobody"})
    assert "sasl.username" in project.refused(project.plan).next_step
    project.use(kafka={**kafka, "security.protocol": "env:TEST_KAFKA_PASSWORD"})
    assert "security.protocol" in project.refused(project.plan).what
    project.use(registry={**registry, "ca": str(other.file)})
    assert "not signed by an authority that is trusted" in project.refused(project.plan).what
    del registry["certificate"], registry["key"]
    project.use(registry=registry)
    assert "asks for a client certificate" in project.refused(project.plan).what
    project.use()
    assert project.seen() == ({}, [])
