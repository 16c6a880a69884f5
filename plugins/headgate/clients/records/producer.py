"""Produce records to one topic: idempotent, compressed, every failed delivery reported."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message

from headgate.clients.kafka_clients import producer
from headgate.clients.records.connection import (
    partitions_of,
    servers_of,
    translated,
)
from headgate.errors import Indeterminate
from headgate.ids import TopicName

_QUEUE_FULL_WAIT = 0.05  # seconds in which librdkafka may send and make room


class RecordProducer:
    """Sends encoded records to one topic.

    The partition is murmur2 of the key, as Java clients and Flink do it; librdkafka's own default
    would put the same key elsewhere. Without a key a partition is drawn by chance.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        topic: TopicName,
        *,
        delivery_timeout: timedelta = timedelta(seconds=30),
    ) -> None:
        """Connect and look the topic up. Raises `Unavailable` or `Rejected`."""
        self._servers = servers_of(settings)
        self._topic = topic
        self._errors: list[str] = []
        self.failed = 0
        self.sent = 0
        self._producer = producer(
            settings,
            {
                "partitioner": "murmur2_random",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 20,
                "message.timeout.ms": int(delivery_timeout.total_seconds() * 1000),
                # A callback per delivered record would cost more than sending it.
                "delivery.report.only.error": True,
                "on_delivery": self._delivered,
            },
        )
        self.partitions = partitions_of(self._producer, topic, self._servers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.purge()

    def send(self, value: bytes, key: bytes | None = None, timestamp: int = 0) -> None:
        """Queue one record; waits while the queue is full. `timestamp` in epoch ms, 0 for now.

        Raises `Indeterminate` as soon as any earlier record is known to be undeliverable.
        """
        while True:
            try:
                self._producer.produce(self._topic, value, key, timestamp=timestamp)
            except BufferError:
                self._serve(lambda: self._producer.poll(_QUEUE_FULL_WAIT))
                self._raise_if_failed()
            except KafkaException as error:
                self._raise_if_failed()
                raise translated(
                    error, self._servers, f"a record for topic {self._topic}"
                ) from error
            else:
                self.sent += 1
                return

    def poll(self) -> None:
        """Learn of failed deliveries. Raises `Indeterminate` if there are any."""
        self._serve(lambda: self._producer.poll(0))
        self._raise_if_failed()

    def flush(self, timeout: timedelta = timedelta(seconds=35)) -> None:
        """Wait until every record is in the topic. Raises `Indeterminate` where one is not."""
        deadline = time.monotonic() + timeout.total_seconds()
        left = len(self._producer)
        while left and time.monotonic() < deadline:
            left = self._serve(lambda: self._producer.flush(0.5))
        if left:
            self.failed += left
            self._errors.append(f"no answer within {timeout.total_seconds():.0f} s")
        self._raise_if_failed()

    def _serve(self, call: Callable[[], int]) -> int:
        """Let callbacks run; a fatal error of the library comes to light here.

        It is set while callbacks still wait, and what they do then ends in a SystemError, with or
        without it as the cause (confluent-kafka 2.16.0, measured).
        """
        try:
            return call()
        except (KafkaException, SystemError) as error:
            fatal = error if isinstance(error, KafkaException) else error.__cause__
            about = f"a record for topic {self._topic}"
            self._errors.insert(
                0,
                translated(fatal, self._servers, about).what
                if isinstance(fatal, KafkaException)
                else "librdkafka gave up; mostly that is a user without the ACL Write on the topic",
            )
            self.failed = max(self.failed, 1)
            self._raise_if_failed()
            raise

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self.failed += 1
            if not self._errors:
                self._errors.append(error.str())

    def _raise_if_failed(self) -> None:
        if not self.failed:
            return
        waiting = min(len(self._producer), self.sent - self.failed)
        raise Indeterminate(
            f"{self.failed + waiting} of {self.sent} records were not confirmed by Kafka at "
            f"{self._servers} for topic {self._topic}: {self._errors[0]}",
            still_true=f"{max(0, self.sent - self.failed - waiting)} records are in the topic; "
            "some of the others may be.",
            next_step=f"headgate ps, then headgate tail {self._topic} to see what arrived",
        )
