"""How long nothing new becomes visible in a topic, as a reader of committed records sees it."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition


class Arrivals:
    """When each record was seen, by the clock of this process."""

    def __init__(self, settings: Mapping[str, str], topic: str) -> None:
        self._settings = {
            **settings,
            "group.id": f"arrivals-{uuid4().hex}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "latest",
            "fetch.wait.max.ms": 50,
        }
        self._topic = topic
        self._seen: list[float] = []
        self._stop = threading.Event()

    @contextmanager
    def watched(self) -> Iterator["Arrivals"]:
        """Watch while the block runs."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join(timeout=60)

    def longest_pause_seconds(self, since: float, until: float) -> float:
        """Between two arrivals that follow each other, of those seen in a span of `time.time`."""
        seen = [since, *(one for one in self._seen if since <= one <= until), until]
        return max(after - before for before, after in pairwise(seen))

    def longest_whole_pause_seconds(self, since: float, until: float) -> float:
        """The same of all pauses that were under way in the span, each from end to end."""
        seen = [0.0, *self._seen, time.time()]
        return max(
            (after - before for before, after in pairwise(seen) if after > since and before < until)
        )

    def any_since(self, moment: float) -> bool:
        """Whether anything has been seen after it."""
        return bool(self._seen) and self._seen[-1] > moment

    def _watch(self) -> None:
        consumer = Consumer(self._settings)
        partitions = consumer.list_topics(self._topic, timeout=60).topics[self._topic].partitions
        consumer.assign([TopicPartition(self._topic, one) for one in partitions])
        while not self._stop.is_set():
            message = consumer.poll(0.05)
            if message is not None and message.error() is None:
                self._seen.append(time.time())
        consumer.close()
