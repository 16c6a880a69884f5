"""Brings topics, records, committed offsets and broker defaults about on a real Kafka."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from harness.waiting import until

SECONDS = 10
BROKER_NAMES = {
    "retention.ms": "log.retention.ms",
    "retention.bytes": "log.retention.bytes",
    "cleanup.policy": "log.cleanup.policy",
}
"""What brokers call the default of a topic's configuration."""


class BrokerState:
    """Writes to one Kafka with the library alone, past everything that is under test."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = dict(settings)
        self.admin = AdminClient(self._settings)

    def write(self, topic: str, ages: tuple[timedelta, ...], now: datetime) -> None:
        """One record of each age into the first partition, in this order."""
        producer = Producer({**self._settings, "acks": "all", "enable.idempotence": True})
        for number, age in enumerate(ages):
            at = int((now - age).timestamp() * 1000)
            producer.produce(topic, b"{}", key=str(number), partition=0, timestamp=at)
        assert producer.flush(SECONDS) == 0

    def commit(self, group: str, offsets: Mapping[str, int]) -> None:
        """Committed offsets of the first partition of topics."""
        partitions = [TopicPartition(topic, 0, offset) for topic, offset in offsets.items()]
        asked = [ConsumerGroupTopicPartitions(group, partitions)]

        def errors() -> list[Any]:
            (future,) = self.admin.alter_consumer_group_offsets(asked).values()
            return [one.error for one in future.result(SECONDS * 2).topic_partitions if one.error]

        # The first group of a cluster waits for the topic that holds the offsets of all.
        until(lambda: errors() == [], seconds=SECONDS * 3, what=f"offsets of {group} committed")

    def delete_topics(self, prefix: str) -> None:
        """Delete every topic whose name begins so."""
        names = [name for name in self.names() if name.startswith(prefix)]
        for future in self.admin.delete_topics(names).values() if names else ():
            future.result(SECONDS)

    def names(self) -> list[str]:
        """Names of all topics."""
        return list(self.admin.list_topics(timeout=SECONDS).topics)

    @contextmanager
    def defaults(self, values: Mapping[str, str]) -> Iterator[None]:
        """Defaults of the broker for topics, by the topics' names for them, for a while."""
        wanted = {BROKER_NAMES[key]: value for key, value in values.items()}
        before = {key: self._default(key) for key in wanted}
        self._set(wanted)
        try:
            for key, value in wanted.items():
                self._await(key, value)
            yield
        finally:
            self._set(dict.fromkeys(wanted))
            for key, value in before.items():
                self._await(key, value)

    def _await(self, key: str, value: str | None) -> None:
        until(lambda: self._default(key) == value, seconds=SECONDS, what=f"{key} = {value}")

    @property
    def _broker(self) -> str:
        return str(min(self.admin.list_topics(timeout=SECONDS).brokers))

    def _default(self, key: str) -> str | None:
        asked = [ConfigResource(ResourceType.BROKER, self._broker)]
        (future,) = self.admin.describe_configs(asked).values()
        entries: Mapping[str, Any] = future.result(SECONDS)
        value = entries[key].value
        return None if value is None else str(value)

    def _set(self, values: Mapping[str, str | None]) -> None:
        if not values:
            return
        entries = [
            ConfigEntry(
                key,
                value,
                incremental_operation=(
                    AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
                ),
            )
            for key, value in values.items()
        ]
        asked = [ConfigResource(ResourceType.BROKER, self._broker, incremental_configs=entries)]
        for future in self.admin.incremental_alter_configs(asked).values():
            future.result(SECONDS)
