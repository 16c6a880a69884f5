"""How far a consumer group has come. Flink commits offsets with each completed checkpoint."""

from collections.abc import Mapping

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from headgate.clients.kafka_clients import admin_client
from headgate.clients.records.connection import (
    ANSWER_TIMEOUT,
    asking,
    partitions_of,
    servers_of,
)
from headgate.clients.records.offsets import Offsets
from headgate.ids import TopicName


class GroupOffsets:
    """Committed offsets of consumer groups. Reads only."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises `NeedsOperator` when a secret of the settings cannot be resolved."""
        self._servers = servers_of(settings)
        self._client = admin_client(settings)

    def committed(self, group: str, topic: TopicName) -> Offsets:
        """The next offset that the group reads, for each partition; 0 where it committed none."""
        partitions = [
            TopicPartition(topic, part)
            for part in partitions_of(self._client, topic, self._servers)
        ]
        asked = ConsumerGroupTopicPartitions(group, partitions)
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, f"consumer group {group}"):
            futures = self._client.list_consumer_group_offsets([asked], request_timeout=seconds)
            (answer,) = (future.result(timeout=seconds * 2) for future in futures.values())
        return {found.partition: max(0, found.offset) for found in answer.topic_partitions}
