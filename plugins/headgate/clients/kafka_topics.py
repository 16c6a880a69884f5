"""What Kafka has: the cluster, its topics and their configurations, read in few requests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # public, but not in __all__
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    ResourceType,
)

from headgate.clients.kafka_clients import admin_client
from headgate.clients.kafka_errors import DENIED
from headgate.clients.observed import ClusterPicture, ObservedTopic
from headgate.clients.records.connection import asking, servers_of
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.ids import TopicName

_DECIDES_DELETION = ("retention.ms", "retention.bytes", "cleanup.policy")
_CONFIGS_PER_REQUEST = 500
_FOR_EACH = timedelta(milliseconds=20)
_MILLISECONDS = {"log.retention.ms": 1, "log.retention.minutes": 60_000}
_HOUR = 3_600_000

Entries = Mapping[str, ConfigEntry]
"""Configurations of one topic or broker by Kafka's names."""


@dataclass(frozen=True)
class ClusterTopics:
    """One look at a cluster: which it is, what it has, and some topics of it closely."""

    cluster_id: str
    all_names: tuple[TopicName, ...]
    """All topics that this client may see, internal ones too."""
    topics: Mapping[TopicName, ObservedTopic]
    """Those that were asked for and exist."""


class KafkaTopics:
    """Reads from one Kafka cluster. Raises Unavailable or Rejected."""

    def __init__(
        self,
        settings: Mapping[str, str],
        *,
        timeout: timedelta = timedelta(seconds=8),
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`settings` by librdkafka's names, secrets as references; connects with the first call.

        Raises `NeedsOperator` when a secret cannot be resolved.
        """
        self._servers = servers_of(settings)
        self.server = f"Kafka at {self._servers}"
        self._timeout = timeout
        self._clock = clock
        self._admin = admin_client(settings)

    def cluster(self) -> ClusterPicture:
        """Id and brokers of the cluster."""
        metadata = self._metadata()
        brokers = {node.id: f"{node.host}:{node.port}" for node in metadata.brokers.values()}
        return ClusterPicture(metadata.cluster_id, brokers)

    def topics(self, names: Sequence[TopicName] | None = None) -> Mapping[TopicName, ObservedTopic]:
        """Topics by name, all for None; a name that does not exist is left out."""
        return self.look(names).topics

    def look(self, names: Sequence[TopicName] | None = None) -> ClusterTopics:
        """The cluster, and the topics of these names closely (all for None).

        One request for the cluster with all topics, and one for the configurations of each 500
        topics that were asked for.
        """
        metadata = self._metadata()
        found = {TopicName(name): topic for name, topic in metadata.topics.items()}
        wanted = [name for name in (found if names is None else names) if name in found]
        configs, defaults = self._configs(wanted, min(metadata.brokers, default=None))
        topics = {
            name: _observed(name, found[name], configs[name], defaults)
            for name in wanted
            if name in configs
        }
        return ClusterTopics(metadata.cluster_id, tuple(sorted(found)), topics)

    def _timeout_for(self, items: int) -> timedelta:
        """How long an answer about so many topics may take: a broker needs time for each."""
        return self._timeout + _FOR_EACH * items

    def _metadata(self) -> Any:  # noqa: ANN401 - ClusterMetadata of an untyped library
        """Always of all topics: metadata of a named one would create it where brokers allow it."""
        with asking(self._servers, "topics"):
            return self._admin.list_topics(timeout=self._timeout.total_seconds())

    def _configs(
        self, names: Sequence[TopicName], broker: int | None
    ) -> tuple[dict[TopicName, Entries], Mapping[str, str]]:
        """Configurations of topics, and the defaults of a broker that lie below them.

        The answer for a topic has its defaults too, as synonyms; but this client keeps only one
        of several synonyms with one name (set for a broker, and Kafka's own), and not the one that
        is in force. So the broker itself is asked, in the same request as the first topics.
        """
        resources = [
            [ConfigResource(ResourceType.TOPIC, name) for name in chunk]
            for chunk in _chunks(names, _CONFIGS_PER_REQUEST)
        ]
        if resources and broker is not None:
            resources[0].append(ConfigResource(ResourceType.BROKER, str(broker)))
        timeout = self._timeout_for(len(names))
        within = timeout * 2
        answers = {}
        with asking(self._servers, "configurations", within):
            for chunk in resources:
                answers.update(
                    self._admin.describe_configs(chunk, request_timeout=timeout.total_seconds())
                )
        deadline = self._clock.monotonic() + within.total_seconds()
        configs: dict[TopicName, Entries] = {}
        defaults: Mapping[str, str] = {}
        for resource, answer in answers.items():
            is_broker = resource.restype == ResourceType.BROKER
            with asking(self._servers, f"configuration of {resource.name}", within):
                try:
                    entries = answer.result(max(0.0, deadline - self._clock.monotonic()))
                except KafkaException as error:
                    if _is_missing(error, is_broker=is_broker):
                        continue
                    raise
            if is_broker:
                defaults = _defaults_of(entries)
            else:
                configs[TopicName(resource.name)] = entries
        return configs, defaults


def _is_missing(error: KafkaException, *, is_broker: bool) -> bool:
    """A topic that was deleted since the metadata, or a broker that does not tell its defaults."""
    code = error.args[0].code()
    return code in DENIED if is_broker else code == KafkaError.UNKNOWN_TOPIC_OR_PART


def _observed(
    name: TopicName,
    metadata: Any,  # noqa: ANN401 - TopicMetadata of an untyped library
    entries: Entries,
    defaults: Mapping[str, str],
) -> ObservedTopic:
    own = {
        key: entry.value or ""
        for key, entry in entries.items()
        if ConfigSource(entry.source) is ConfigSource.DYNAMIC_TOPIC_CONFIG
    }
    inherited = {
        key: entries[key].value or ""
        for key in _DECIDES_DELETION
        if key in entries and key not in own
    }
    below = {key: value for key, value in defaults.items() if key in own}
    replicas = [len(partition.replicas) for partition in metadata.partitions.values()]
    return ObservedTopic(name, len(replicas), min(replicas, default=0), own, {**below, **inherited})


def _defaults_of(broker: Entries) -> dict[str, str]:
    """What a topic without values of its own has on this broker, by the names of topics."""
    found = {
        "retention.ms": _retention_of(broker),
        "retention.bytes": _value(broker, "log.retention.bytes"),
        "cleanup.policy": _value(broker, "log.cleanup.policy"),
    }
    return {key: value for key, value in found.items() if value is not None}


def _retention_of(broker: Entries) -> str | None:
    """The first that is set of milliseconds, minutes and hours, as the broker itself reads it."""
    for key, factor in (*_MILLISECONDS.items(), ("log.retention.hours", _HOUR)):
        value = _value(broker, key)
        if value is not None:
            return str(max(-1, int(value) * factor))
    return None


def _value(entries: Entries, key: str) -> str | None:
    return entries[key].value if key in entries else None


def _chunks(names: Sequence[TopicName], size: int) -> Iterator[Sequence[TopicName]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
