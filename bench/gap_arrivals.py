"""When each result of a job became visible to a reader of committed records, and what lay between.

The clock is that of this process, the time that when `poll` gave the record out.
"""

import io
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

import fastavro
from confluent_kafka import Consumer, TopicPartition

_HEADER = 5  # bytes before the record: a zero and the id of the schema
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Arrival:
    """One result: seen when, by `time.time`, and the end of its window in epoch milliseconds."""

    at: float
    window_end: int


class Arrivals:
    """What becomes visible in a topic of one partition while `watched`."""

    def __init__(self, settings: Mapping[str, str], topic: str, schema: str) -> None:
        self._settings = {
            **settings,
            "group.id": f"arrivals-{uuid4().hex}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "latest",
            "fetch.wait.max.ms": 50,
        }
        self._topic = topic
        self._schema = fastavro.parse_schema(json.loads(schema))
        self._seen: list[Arrival] = []
        self._stop = threading.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(timeout=60)

    @property
    def seen(self) -> list[Arrival]:
        return list(self._seen)

    def _watch(self) -> None:
        consumer = Consumer(self._settings)
        consumer.assign([TopicPartition(self._topic, 0)])
        while not self._stop.is_set():
            message = consumer.poll(_POLL_SECONDS)
            if message is None or message.error() is not None:
                continue
            at, value = time.time(), message.value()
            if value is not None:
                self._seen.append(Arrival(at, self._window_end(value)))
        consumer.close()

    def _window_end(self, value: bytes) -> int:
        reader = io.BytesIO(value[_HEADER:])
        row: Any = fastavro.schemaless_reader(reader, self._schema, None)
        end: datetime = row["window_end"]
        return round(end.timestamp() * 1000)


def gap_at(seen: list[Arrival], moment: float) -> float | None:
    """Seconds between the last result up to a moment at which no job ran and the first after it.

    None while there is none on one of the two sides.
    """
    before = [one.at for one in seen if one.at <= moment]
    after = [one.at for one in seen if one.at > moment]
    return min(after) - max(before) if before and after else None


def gap_of_split(seen: list[Arrival], last_end: int) -> float | None:
    """Seconds from the last result whose window ends by `last_end` to the first of a later one.

    Below zero where the later one was visible first.
    """
    before = [one.at for one in seen if one.window_end <= last_end]
    after = [one.at for one in seen if one.window_end > last_end]
    return min(after) - max(before) if before and after else None


def longest_pause(seen: list[Arrival], since: float, until: float) -> float:
    """Seconds between two results that follow each other, of those that touch the span."""
    times = [one.at for one in seen]
    before = [at for at in times if at <= since][-1:]
    within = [at for at in times if since < at <= until]
    after = [at for at in times if at > until][:1]
    return max((b - a for a, b in pairwise([*before, *within, *after])), default=0.0)
