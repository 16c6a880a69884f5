"""The topics that are declared, as the brokers have them, and those that nobody declared."""

from collections.abc import Collection, Iterable

from headgate.clients.kafka_topics import ClusterTopics, KafkaTopics
from headgate.ids import TopicName

_INTERNAL = "__"
"""Kafka's own topics begin so: __consumer_offsets, __transaction_state."""


def observe_topics(admin: KafkaTopics, names: Iterable[TopicName]) -> ClusterTopics:
    """The cluster, the names of all its topics, and those of these names that exist, closely."""
    return admin.look(sorted(names))


def unknown_topics(
    names: Iterable[TopicName], declared: Collection[TopicName], prefixes: tuple[str, ...]
) -> tuple[TopicName, ...]:
    """Topics under a prefix of ours that nobody declared, Kafka's internal ones never."""
    return tuple(
        sorted(
            name
            for name in names
            if name not in declared and not name.startswith(_INTERNAL) and name.startswith(prefixes)
        )
    )
