"""A sample of a topic's records, from which its key is told."""

from datetime import timedelta
from typing import Self

from headgate.clients.records.offsets import TopicOffsets
from headgate.clients.records.reader import Record, RecordReader
from headgate.clients.records.wire_format import Decoder
from headgate.clients.registry import Registry
from headgate.clock import Clock
from headgate.errors import Rejected
from headgate.ids import TopicName
from headgate.plan.key_evidence import KeySample
from headgate.spec.environment import Environment

SAMPLE = 200
"""Records. Fields that equal so many keys by chance would be equal by rule anyway."""
TIME = timedelta(seconds=5)
"""For one topic; what was read by then is the sample."""


class KeySampler:
    """Reads the oldest committed records of each partition. Commits nothing, joins no group."""

    def __init__(self, environment: Environment, registry: Registry, clock: Clock) -> None:
        """Connects with the first topic."""
        self._offsets = TopicOffsets(environment.kafka)
        self._reader = RecordReader(environment.kafka, Decoder(registry.by_id))
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.__exit__()

    def __call__(self, topic: TopicName) -> KeySample:
        """Up to `SAMPLE` records within `TIME`. Raises Unavailable or Rejected."""
        first, end = self._offsets.first(topic), self._offsets.end(topic)
        share = -(-SAMPLE // max(1, len(first)))
        until = {part: min(end[part], first[part] + share) for part in first}
        deadline = self._clock.monotonic() + TIME.total_seconds()
        records: list[Record] = []
        undecodable: list[Rejected] = []
        is_whole = True
        for batch in self._reader.read(topic, "earliest", until, undecodable.append):
            records += batch
            if self._clock.monotonic() > deadline:
                is_whole = False
                break
        return KeySample(
            tuple((record.key, record.value) for record in records), len(undecodable), is_whole
        )
