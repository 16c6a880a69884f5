"""What a job has published: read with the Kafka client alone, read_committed, as it grows."""

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import fastavro
from confluent_kafka import Consumer, KafkaError, TopicPartition

from harness.faults.judge import Window
from harness.waiting import until


class Published:
    """Windows of one output topic with one partition, from its beginning."""

    def __init__(self, settings: Mapping[str, str], topic: str, schema: str) -> None:
        self._settings = {
            **settings,
            "group.id": f"judge-of-{topic}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
        self._topic = topic
        self._schema = fastavro.parse_schema(json.loads(schema))
        self._windows: list[Window] = []
        self.offsets: list[int] = []
        """Of the windows that were read."""
        self._next = 0

    def windows(self, *, within: float) -> list[Window]:
        """All committed ones so far, in the order of the topic. `within` seconds of patience."""
        # A consumer that has been there before may still hold an older end of the topic.
        consumer = Consumer(self._settings)
        consumer.assign([TopicPartition(self._topic, 0, self._next)])
        try:
            until(
                lambda: self._read_to_end(consumer),
                seconds=within,
                what="the end of the output is read",
                every=0,
            )
        finally:
            consumer.close()
        return list(self._windows)

    def _read_to_end(self, consumer: Consumer) -> bool:
        """Read on until the last stable offset is told; False after a second without it."""
        while (message := consumer.poll(1)) is not None:
            error = message.error()
            if error is None:
                value, offset = message.value(), message.offset()
                assert value is not None
                assert offset is not None
                self._windows.append(self._window(value))
                self.offsets.append(offset)
                self._next = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                return True
        return False

    def _window(self, value: bytes) -> Window:
        row: Any = fastavro.schemaless_reader(io.BytesIO(value[5:]), self._schema, None)
        start: datetime = row["window_start"]
        return round(start.timestamp() * 1000), (row["beats"], row["numbers"])
