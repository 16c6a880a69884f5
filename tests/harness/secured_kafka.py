"""A real broker of its own that demands TLS, a password and an ACL for everything."""

import os
import secrets
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from headgate.local.java import java
from headgate.local.layout import layout_of
from headgate.local.ports import HOST, is_free
from headgate.local.templates import render

from harness.certificates import Authority
from harness.stack import PROJECT
from harness.waiting import until

SUPER_USER = "setup"
_SECONDS = 10
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=CLIENTS://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENTS://{host}:{port},CONTROLLER://{host}:{controller_port}
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CONTROLLER:SSL,CLIENTS:SASL_SSL
log.dirs={folder}/data

sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{user}" password="{password}";
listener.name.controller.ssl.client.auth=required
ssl.keystore.type=PKCS12
ssl.keystore.location={keystore}
ssl.keystore.password={password}
ssl.key.password={password}
ssl.truststore.type=PEM
ssl.truststore.location={ca}

authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{user};User:CN=broker

offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


@dataclass(frozen=True)
class Acl:
    """One thing that a principal may do, to the topics or groups whose names begin so."""

    operation: AclOperation
    name: str
    resource: ResourceType = ResourceType.TOPIC
    pattern: ResourcePatternType = ResourcePatternType.PREFIXED

    def binding(self, principal: str) -> AclBinding:
        return AclBinding(
            self.resource,
            self.name,
            self.pattern,
            f"User:{principal}",
            "*",
            self.operation,
            AclPermissionType.ALLOW,
        )

    def as_filter(self, principal: str) -> AclBindingFilter:
        return AclBindingFilter(
            self.resource,
            self.name,
            self.pattern,
            f"User:{principal}",
            "*",
            self.operation,
            AclPermissionType.ALLOW,
        )


@dataclass
class SecuredKafka:
    """A running broker, and the super user who sets it up."""

    address: str
    ca: Path
    log: Path
    password: str = field(repr=False)
    """Of the super user, and of the keystore."""

    def settings(self, user: str, password: str) -> dict[str, str]:
        """Client settings; `password` as it shall stand there, a reference or the secret."""
        return {
            "bootstrap.servers": self.address,
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": password,
            "ssl.ca.location": str(self.ca),
        }

    @cached_property
    def admin(self) -> AdminClient:
        """A client that may do anything, for what tests set up and look at.

        Kept, because answers never come to a client that is collected while it waits for them.
        """
        quiet = {"log_level": 0, "error_cb": lambda _error: None}
        return AdminClient({**self.settings(SUPER_USER, self.password), **quiet})

    def add_user(self, name: str, password: str) -> None:
        """Make a user known, or give him another password."""
        scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(name, scram, password.encode())
        for answer in self.admin.alter_user_scram_credentials([change]).values():
            answer.result(_SECONDS)

    def allow(self, principal: str, *acls: Acl) -> None:
        """Let a user do something. In force when this returns."""
        bindings = [acl.binding(principal) for acl in acls]
        for answer in self.admin.create_acls(bindings).values():
            answer.result(_SECONDS)
        self._await(principal, lambda held: all(one in held for one in bindings))

    def take_away(self, principal: str, *acls: Acl) -> None:
        """Let a user no longer do something. In force when this returns."""
        filters = [acl.as_filter(principal) for acl in acls]
        for answer in self.admin.delete_acls(filters).values():
            assert answer.result(_SECONDS), "there was no such ACL"
        bindings = [acl.binding(principal) for acl in acls]
        self._await(principal, lambda held: not any(one in held for one in bindings))

    def await_groups(self, group: str) -> None:
        """Let the first question about a group, which makes the topic of offsets, be over.

        librdkafka 2.16.0 crashes the process where that question is `list_consumer_group_offsets`
        (measured); a consumer asks it without harm.
        """
        consumer = Consumer({**self.settings(SUPER_USER, self.password), "group.id": group})

        def answers() -> bool:
            try:
                return bool(consumer.committed([TopicPartition("any", 0)], timeout=_SECONDS))
            except KafkaException:
                return False

        try:
            until(answers, seconds=60, what="offsets of groups can be asked for")
        finally:
            consumer.close()

    def _await(self, principal: str, is_done: Callable[[list[AclBinding]], bool]) -> None:
        everything = AclBindingFilter(
            ResourceType.ANY,
            None,
            ResourcePatternType.ANY,
            f"User:{principal}",
            None,
            AclOperation.ANY,
            AclPermissionType.ANY,
        )

        def done() -> bool:
            held = self.admin.describe_acls(everything).result(_SECONDS)
            return is_done(held)

        until(done, seconds=_SECONDS, what="ACLs in force")


@contextmanager
def secured_kafka(folder: Path) -> Iterator[SecuredKafka]:
    """A broker whose files all lie in `folder`; ended with the context."""
    authority = Authority(folder, "kafka")
    password = secrets.token_urlsafe(16)
    port, controller_port = _free_ports()
    properties = folder / "server.properties"
    properties.write_text(
        _PROPERTIES.format(
            host=HOST,
            port=port,
            controller_port=controller_port,
            folder=folder,
            user=SUPER_USER,
            password=password,
            keystore=authority.issue_keystore("broker", password),
            ca=authority.file,
        )
    )
    log = folder / "kafka.log"
    logging = folder / "log4j2.properties"
    logging.write_text(render("kafka-log4j2.properties.j2"))
    # The broker ends with this process, however that ends: then the pipe is closed.
    start = f"""
        set -e
        {_java("-XX:TieredStopAtLevel=1")} kafka.tools.StorageTool format --standalone \\
            -t {secrets.token_hex(1)}headgate-secured-x -c {shlex.quote(str(properties))} \\
            --add-scram 'SCRAM-SHA-512=[name={SUPER_USER},password={password}]'
        exec 3<&0
        {_java(f"-Xmx256m -XX:+UseSerialGC -Dlog4j2.configurationFile={logging}")} \\
            kafka.Kafka {shlex.quote(str(properties))} 3<&- &
        broker=$!
        cat <&3 >/dev/null &
        wait -n || true
        kill $broker 2>/dev/null || true
        wait $broker
    """
    broker = SecuredKafka(f"{HOST}:{port}", authority.file, log, password)
    with log.open("w") as output:
        process = subprocess.Popen(
            ["/bin/bash", "-c", start],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_without_project_settings(os.environ),
            cwd=folder,
        )
    try:
        until(
            lambda: process.poll() is not None or _answers(broker),
            seconds=120,
            what=f"secured broker answers ({log})",
        )
        assert process.poll() is None, log.read_text()[-3000:]
        yield broker
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def _answers(broker: SecuredKafka) -> bool:
    try:
        return bool(broker.admin.describe_cluster(request_timeout=3).result().nodes)
    except KafkaException:
        return False


def _java(options: str) -> str:
    jars = layout_of(PROJECT, "test").installed.jars("kafka")
    return f"{shlex.quote(str(java()))} {options} -cp {shlex.quote(f'{jars}/*')}"


def _free_ports() -> tuple[int, int]:
    found = [port for port in _shuffled(range(32_000, 32_700)) if is_free(port)]
    return found[0], found[1]


def _shuffled(ports: range) -> list[int]:
    order = list(ports)
    secrets.SystemRandom().shuffle(order)
    return order


def _without_project_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("HEADGATE_")}
