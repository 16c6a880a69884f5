"""Read the records of a topic: decoded, only committed ones, without a consumer group."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple, Self, cast

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from headgate.clients.kafka_clients import consumer
from headgate.clients.records.connection import (
    ANSWER_TIMEOUT,
    servers_of,
    translated,
)
from headgate.clients.records.offsets import Offsets, TopicOffsets
from headgate.clients.records.wire_format import Decoder, Undecodable, Value
from headgate.errors import Rejected
from headgate.ids import TopicName

Start = Literal["earliest", "latest"] | datetime
"""Where to begin; a datetime means the first record of that record time or later."""

_BATCH = 5_000
_WAIT = 0.25  # seconds; bounds how long Ctrl-C takes


class Record(NamedTuple):
    """One record of a topic."""

    partition: int
    offset: int
    timestamp: int
    """Record time, epoch milliseconds."""
    key: bytes | None
    value: Value


class RecordReader:
    """Reads topics. Commits nothing and joins no group, so no one is disturbed."""

    def __init__(self, settings: Mapping[str, str], decoder: Decoder) -> None:
        """Raises `NeedsOperator` when a secret of the settings cannot be resolved."""
        self._servers = servers_of(settings)
        self._decoder = decoder
        self._offsets = TopicOffsets(settings)
        self._brokers_lost = False
        self._consumer = consumer(
            settings,
            {
                "group.id": "headgate-reader",  # required by the library; never joined
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 100,  # the end of a partition is told only after this wait
                "auto.offset.reset": "earliest",  # retention may overtake the start
                "error_cb": self._note,
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def end(self, topic: TopicName) -> Offsets:
        """Where the topic ends now. Raises `Unavailable` or `Rejected` (no such topic)."""
        return self._offsets.end(topic)

    def read(
        self,
        topic: TopicName,
        start: Start,
        until: Offsets | None,
        skip: Callable[[Rejected], None] | None = None,
    ) -> Iterator[list[Record]]:
        """Batches of records from `start` up to the offsets `until` (exclusive), or without end.

        An empty batch means that nothing came for a moment. Within a partition the order is that
        of the topic. A record that cannot be decoded raises `Rejected`, or is handed to `skip`.
        Raises `Unavailable` when the brokers are lost on the way.
        """
        position = self._begin(topic, start)
        ends = _Ends(position, until)
        parts = position if until is None else ends.open
        self._consumer.assign([TopicPartition(topic, part, position[part]) for part in parts])
        while not ends.all_reached:
            messages = self._consumer.consume(_BATCH, _WAIT)
            yield self._accepted(messages, ends, skip)
            if not messages and self._brokers_lost:
                self._look(topic)
        self._consumer.unassign()

    def _begin(self, topic: TopicName, start: Start) -> Offsets:
        if start == "earliest":
            return self._offsets.first(topic)
        if start == "latest":
            return self._offsets.end(topic)
        return self._offsets.at(topic, start)

    def _accepted(
        self, messages: list[Message], ends: "_Ends", skip: Callable[[Rejected], None] | None
    ) -> list[Record]:
        """The records among the messages that lie before their partition's end."""
        records: list[Record] = []
        for message in messages:
            error = message.error()
            part, offset = cast("int", message.partition()), cast("int", message.offset())
            if error is not None:
                if error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                    continue  # the library looks for the group all the same; nothing needs it
                if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
                    raise translated(KafkaException(error), self._servers, "reading records")
                ends.reached(part, offset)
            elif ends.takes(part, offset):
                try:
                    value = self._decoder(message.value())
                except Undecodable as reason:
                    failed = _undecodable(message, reason)
                    if skip is None:
                        raise failed from reason
                    skip(failed)
                else:
                    time = message.timestamp()[1]
                    records.append(Record(part, offset, time, message.key(), value))
        return records

    def _note(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            self._brokers_lost = True

    def _look(self, topic: TopicName) -> None:
        """Ask whether a broker is back. Raises `Unavailable` if none answers."""
        try:
            self._consumer.list_topics(topic, timeout=ANSWER_TIMEOUT.total_seconds())
        except KafkaException as error:
            raise translated(error, self._servers, f"reading topic {topic}") from error
        self._brokers_lost = False


class _Ends:
    """How far each partition is still to be read; without `until`, for ever.

    The last offsets before an end may be control records or aborted ones, so that no record shows
    the end; then the library's end-of-partition event does.
    """

    def __init__(self, position: Offsets, until: Offsets | None) -> None:
        self._until = until
        self._open = {part for part, end in (until or {}).items() if end > position.get(part, 0)}

    @property
    def open(self) -> frozenset[int]:
        """Partitions that have not been read to their end."""
        return frozenset(self._open)

    @property
    def all_reached(self) -> bool:
        return self._until is not None and not self._open

    def reached(self, part: int, position: int) -> None:
        """The reader stands at `position` and there is nothing more for now."""
        if self._until is not None and position >= self._until[part]:
            self._open.discard(part)

    def takes(self, part: int, offset: int) -> bool:
        """Whether a record at this offset is still wanted."""
        if self._until is None:
            return True
        self.reached(part, offset + 1)
        return offset < self._until[part]


def _undecodable(message: Message, reason: Undecodable) -> Rejected:
    place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
    return Rejected(f"record {place} cannot be decoded: {reason}")
