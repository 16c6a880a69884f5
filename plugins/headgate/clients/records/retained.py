"""Where many topics begin and end, where a time lies in them, and how far groups came: at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from headgate.clients.kafka_clients import admin_client
from headgate.clients.records.connection import (
    ANSWER_TIMEOUT,
    asking,
    servers_of,
)
from headgate.ids import TopicName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class RetainedOffsets:
    """Offsets of one partition."""

    first: int
    """The first record that is still there."""
    at_time: int
    """The first record of the asked time or later; `end` where there is none."""
    end: int
    """The next record that will be written, aborted ones and markers counted."""


Partition = tuple[TopicName, int]


class ManyOffsets:
    """Offsets of many topics, with as many requests as of one. Reads only.

    Raises `Unavailable` or `Rejected`.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises `NeedsOperator` when a secret of the settings cannot be resolved."""
        self._servers = servers_of(settings)
        self._client = admin_client(settings)

    def retained(
        self, times: Mapping[TopicName, datetime]
    ) -> Mapping[TopicName, Mapping[int, RetainedOffsets]]:
        """Offsets of each partition of the topics, with where the topic's time lies.

        A topic that does not exist is left out.
        """
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, "topics"):
            found = self._client.list_topics(timeout=seconds).topics
        partitions = [
            (name, partition)
            for name in times
            if name in found
            for partition in sorted(found[name].partitions)
        ]
        first = self._ask(partitions, lambda _topic: _EARLIEST)
        at_time = self._ask(
            partitions, lambda topic: OffsetSpec.for_timestamp(_milliseconds(times[topic]))
        )
        end = self._ask(partitions, lambda _topic: _LATEST)
        offsets: dict[TopicName, dict[int, RetainedOffsets]] = {}
        for key in partitions:
            # A time after the last record has no offset, which Kafka writes as -1.
            there = end[key] if at_time[key] < 0 else min(at_time[key], end[key])
            topic, partition = key
            offsets.setdefault(topic, {})[partition] = RetainedOffsets(first[key], there, end[key])
        return offsets

    def committed(self, group: str) -> Mapping[Partition, int]:
        """The next offset that the group reads, wherever it committed one."""
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, f"consumer group {group}"):
            futures = self._client.list_consumer_group_offsets(
                [ConsumerGroupTopicPartitions(group)], request_timeout=seconds
            )
            (answer,) = (future.result(timeout=seconds * 2) for future in futures.values())
            for one in answer.topic_partitions:
                if one.error is not None:  # else it would count as nothing committed
                    raise KafkaException(one.error)
        return {
            (TopicName(one.topic), one.partition): one.offset
            for one in answer.topic_partitions
            if one.offset >= 0
        }

    def _ask(
        self,
        partitions: Iterable[Partition],
        spec_of: Callable[[TopicName], Any],
    ) -> dict[Partition, int]:
        """One offset for each partition. Librdkafka sends one request to each broker."""
        asked = {TopicPartition(topic, part): spec_of(topic) for topic, part in partitions}
        if not asked:
            return {}
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, "offsets of topics"):
            futures = self._client.list_offsets(
                asked,
                isolation_level=IsolationLevel.READ_UNCOMMITTED,
                request_timeout=seconds,
            )
            return {
                (TopicName(item.topic), item.partition): future.result(timeout=seconds * 2).offset
                for item, future in futures.items()
            }


def _milliseconds(time: datetime) -> int:
    """Epoch milliseconds; negative ones have another meaning in Kafka's protocol."""
    return int(max(time, _EPOCH).timestamp() * 1000)
