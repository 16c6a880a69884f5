"""Changes of topics on the real broker: what is waited for, and what a broker may do meanwhile."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from harness.broker_state import BrokerState
from harness.stack import RunningStack
from headgate.clients.kafka_admin import KafkaAdmin, TopicCreation
from headgate.errors import Rejected
from headgate.ids import TopicName
from headgate.local.java import java
from headgate.local.layout import layout_of

pytestmark = pytest.mark.system

MONTH = str(30 * 86_400_000)


@pytest.fixture
def prefix(stack: RunningStack) -> Iterator[str]:
    unique = f"admin-{uuid4().hex[:8]}-"
    yield unique
    BrokerState(stack.settings.kafka).delete_topics(unique)


def test_delete_waits_until_gone_and_what_is_gone_is_as_wanted(
    stack: RunningStack, prefix: str
) -> None:
    admin = KafkaAdmin(stack.settings.kafka)
    names = [TopicName(f"{prefix}{number}") for number in range(3)]
    admin.create([TopicCreation(name, 2, 1, {}) for name in names[:2]])

    results = admin.delete(names)

    assert results == dict.fromkeys(names)
    assert not any(name.startswith(prefix) for name in admin.look([]).all_names)
    assert admin.delete(names) == dict.fromkeys(names)


def test_each_item_has_its_own_result(stack: RunningStack, prefix: str) -> None:
    admin = KafkaAdmin(stack.settings.kafka)
    good, bad = TopicName(f"{prefix}good"), TopicName(f"{prefix}bad")

    created = admin.create([TopicCreation(good, 1, 1, {}), TopicCreation(bad, 1, 99, {})])
    grown = admin.add_partitions({good: 3, bad: 3})
    changed = admin.alter_configs({good: {"retention.ms": "5"}, bad: {"retention.ms": "5"}})

    for results in (created, grown, changed):
        assert results[good] is None
        assert isinstance(results[bad], Rejected)
    assert set(admin.topics([good, bad])) == {good}


def test_one_look_has_the_cluster_all_names_and_the_topics_that_were_asked_for(
    stack: RunningStack, prefix: str
) -> None:
    admin = KafkaAdmin(stack.settings.kafka)
    names = [TopicName(f"{prefix}{number}") for number in range(2)]
    admin.create([TopicCreation(name, 1, 1, {}) for name in names])

    seen = admin.look([names[0], TopicName(f"{prefix}missing")])

    assert seen.cluster_id == admin.cluster().cluster_id
    assert set(names) <= set(seen.all_names)
    assert set(seen.topics) == {names[0]}


def test_default_set_for_the_broker_counts_below_a_value_of_the_topic(
    stack: RunningStack, prefix: str
) -> None:
    # A default that has a value of Kafka's own below it: the library's synonyms lose this one.
    admin = KafkaAdmin(stack.settings.kafka)
    own, none = TopicName(f"{prefix}own"), TopicName(f"{prefix}none")
    admin.create(
        [TopicCreation(own, 1, 1, {"retention.bytes": "7"}), TopicCreation(none, 1, 1, {})]
    )

    with BrokerState(stack.settings.kafka).defaults({"retention.bytes": "1073741824"}):
        there = admin.topics([own, none])

    assert there[own].configs == {"retention.bytes": "7"}
    assert {topic.inherited["retention.bytes"] for topic in there.values()} == {"1073741824"}


def test_quota_of_changes_is_borne(stack: RunningStack, prefix: str) -> None:
    # The broker makes the change, and is then silent for longer than the client waits for an
    # answer: 300 partitions at 20 a second, of which 11 seconds are given at once.
    client = prefix.strip("-")
    admin = KafkaAdmin({**stack.settings.kafka, "client.id": client}, timeout=timedelta(seconds=1))
    names = [TopicName(f"{prefix}{number}") for number in range(3)]
    set_quota(stack, client, "--add-config", "controller_mutation_rate=20")
    try:
        created = admin.create([TopicCreation(name, 100, 1, {}) for name in names])
    finally:
        set_quota(stack, client, "--delete-config", "controller_mutation_rate")

    assert created == dict.fromkeys(names)
    assert {topic.partitions for topic in admin.topics(names).values()} == {100}


def set_quota(stack: RunningStack, client: str, *change: str) -> None:
    """By Kafka's own tool: the library cannot."""
    jars = layout_of(stack.project, str(stack.stack)).installed.jars("kafka")
    command = [java(), "-cp", f"{jars}/*", "kafka.admin.ConfigCommand"]
    where = ["--bootstrap-server", stack.settings.kafka["bootstrap.servers"]]
    entity = ["--entity-type", "clients", "--entity-name", client]
    subprocess.run(
        [*command, *where, "--alter", *change, *entity],
        check=True,
        timeout=60,
        capture_output=True,
    )
