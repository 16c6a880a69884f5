"""The same key goes into the same partition, whoever writes it: our producer and Kafka's own."""

import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from harness.stack import PROJECT, RunningStack
from harness.waiting import until
from headgate.clients.kafka_admin import KafkaAdmin, TopicCreation
from headgate.clients.records.producer import RecordProducer
from headgate.ids import TopicName
from headgate.local.java import java
from headgate.local.layout import layout_of

pytestmark = pytest.mark.system

PARTITIONS = 7
KEYS = 1_000


@pytest.fixture
def topic(stack: RunningStack) -> Iterator[TopicName]:
    admin = KafkaAdmin(stack.settings.kafka)
    name = TopicName(f"t{uuid4().hex[:8]}-keys")
    assert admin.create([TopicCreation(name, PARTITIONS, 1, {})]) == {name: None}
    yield name
    admin.delete([name])


def test_key_has_one_partition_in_our_producer_and_in_java(
    stack: RunningStack, topic: TopicName, tmp_path: Path
) -> None:
    keys = some_keys()
    servers = stack.settings.kafka["bootstrap.servers"]

    with RecordProducer(stack.settings.kafka, topic) as producer:
        for key in keys:
            producer.send(b"ours", key.encode())
        producer.flush()
    produce_by_java(servers, topic, keys, tmp_path)

    partitions = where_keys_went(servers, topic, 2 * KEYS)
    assert partitions["ours"].keys() == set(keys)
    assert partitions["java"] == partitions["ours"]
    assert set(partitions["java"].values()) == set(range(PARTITIONS)), "the keys are spread"


def some_keys() -> list[str]:
    """Keys of every length modulo four, which murmur2 takes apart, with non-ASCII ones."""
    chance = random.Random(2026)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-_äß€😀"
    found: set[str] = set()
    while len(found) < KEYS:
        found.add("".join(chance.choices(letters, k=chance.randint(1, 24))))
    return sorted(found)


def produce_by_java(servers: str, topic: TopicName, keys: list[str], folder: Path) -> None:
    """Kafka's own console producer, as `kafka-console-producer` runs it."""
    jars = layout_of(PROJECT, "test").installed.jars("kafka")
    lines = folder / "keys.tsv"
    lines.write_text("".join(f"{key}\tjava\n" for key in keys), encoding="utf-8")
    with lines.open("rb") as source:
        ended = subprocess.run(
            [
                str(java()),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-Dfile.encoding=UTF-8",
                "-cp",
                f"{jars}/*",
                "org.apache.kafka.tools.ConsoleProducer",
                "--bootstrap-server",
                servers,
                "--topic",
                topic,
                "--reader-property",
                "parse.key=true",
                "--reader-property",
                "key.separator=\t",
            ],
            stdin=source,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr


def where_keys_went(servers: str, topic: TopicName, count: int) -> dict[str, dict[str, int]]:
    """By who wrote it, the partition of each key."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": f"{topic}-reader"})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    found: dict[str, dict[str, int]] = defaultdict(dict)

    def read() -> bool:
        for message in consumer.consume(1_000, 0.5):
            assert message.error() is None
            key, writer = message.key().decode(), message.value().decode()
            assert found[writer].setdefault(key, message.partition()) == message.partition()
        return sum(map(len, found.values())) >= count

    try:
        until(read, seconds=60, what=f"{count} records")
    finally:
        consumer.close()
    return found
