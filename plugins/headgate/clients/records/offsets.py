"""Where a topic ends, and where a time lies in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from headgate.clients.kafka_clients import admin_client
from headgate.clients.records.connection import (
    ANSWER_TIMEOUT,
    asking,
    partitions_of,
    servers_of,
)
from headgate.ids import TopicName

_EARLIEST = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_MAX_TIMESTAMP = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]

Offsets = Mapping[int, int]
"""Partition → offset."""


class TopicOffsets:
    """Questions about the offsets of topics, as seen by a `read_committed` consumer."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises `NeedsOperator` when a secret of the settings cannot be resolved."""
        self._servers = servers_of(settings)
        self._client = admin_client(settings)

    def partitions(self, topic: TopicName) -> tuple[int, ...]:
        """Partitions, ascending. Raises `Unavailable` or `Rejected`."""
        return partitions_of(self._client, topic, self._servers)

    def first(self, topic: TopicName) -> Offsets:
        """The first offset that each partition still has."""
        return self._ask(topic, _EARLIEST, "offset")

    def end(self, topic: TopicName) -> Offsets:
        """The offset at which a `read_committed` reader stands when it has read everything.

        That is the last stable offset: the records of open transactions lie behind it. The last
        offsets before it may be control records, which no reader sees.
        """
        return self._ask(topic, _LATEST, "offset")

    def at(self, topic: TopicName, time: datetime) -> Offsets:
        """The first offset of each partition whose record time is `time` or later, else the end."""
        found = self._ask(topic, OffsetSpec.for_timestamp(int(time.timestamp() * 1000)), "offset")
        if all(offset >= 0 for offset in found.values()):
            return found
        end = self.end(topic)
        return {part: offset if offset >= 0 else end[part] for part, offset in found.items()}

    def greatest_record_time(self, topic: TopicName) -> Mapping[int, int | None]:
        """The greatest record time of each partition in epoch milliseconds; None where empty."""
        found = self._ask(topic, _MAX_TIMESTAMP, "timestamp")
        return {part: time if time >= 0 else None for part, time in found.items()}

    def _ask(self, topic: TopicName, spec: Any, answer: str) -> dict[int, int]:  # noqa: ANN401
        """One answer per partition: the attribute named by `answer`."""
        asked = {TopicPartition(topic, part): spec for part in self.partitions(topic)}
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, f"offsets of topic {topic}"):
            futures = self._client.list_offsets(
                asked,
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=seconds,
            )
            return {
                item.partition: getattr(future.result(timeout=seconds * 2), answer)
                for item, future in futures.items()
            }
