"""Kafka's admin API: topics read in batches, created and changed with one result an item."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # public, but not in __all__
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from headgate.clients.kafka_errors import translated
from headgate.clients.observed import ClusterPicture, ObservedTopic
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import HeadgateError, Indeterminate
from headgate.ids import TopicName
from headgate.spec.secrets import resolve_settings

__all__ = ["ClusterPicture", "KafkaAdmin", "ObservedTopic", "TopicCreation"]

ItemResults = dict[TopicName, HeadgateError | None]
"""What became of each item: None where it succeeded."""

_DECIDES_DELETION = ("retention.ms", "retention.bytes", "cleanup.policy")
_CONFIGS_PER_REQUEST = 300
_PARTITIONS_PER_REQUEST = 5_000  # the broker refuses more than 10,000 in one request
# librdkafka would write a line to standard error for each try to connect; what counts comes back
# as an error of the call.
_QUIET: dict[str, Any] = {"log_level": 2, "error_cb": lambda _error: None}
_LOOK_AGAIN = timedelta(milliseconds=100)
_Key = TypeVar("_Key")


@dataclass(frozen=True)
class TopicCreation:
    """A topic to be created."""

    name: TopicName
    partitions: int
    replication: int
    configs: Mapping[str, str]


class KafkaAdmin:
    """One Kafka cluster. Reads raise Unavailable or Rejected; changes return one result an item.

    With `validate_only` the broker checks all that it would check, and changes nothing.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        *,
        timeout: timedelta = timedelta(seconds=8),
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`settings` by librdkafka's names, secrets as references; connects with the first call."""
        self.server = f"Kafka at {settings.get('bootstrap.servers', '(no bootstrap.servers)')}"
        self._seconds = timeout.total_seconds()
        self._clock = clock
        self._admin = AdminClient({**_QUIET, **resolve_settings(settings)})

    def cluster(self) -> ClusterPicture:
        """Id and brokers of the cluster."""
        with _Reading(self.server, "cluster"):
            picture = self._admin.describe_cluster(request_timeout=self._seconds).result()
        brokers = {node.id: f"{node.host}:{node.port}" for node in picture.nodes}
        return ClusterPicture(picture.cluster_id, brokers)

    def topics(self, names: Sequence[TopicName] | None = None) -> dict[TopicName, ObservedTopic]:
        """Topics by name, all for None; a name that does not exist is left out.

        One request for all partitions, one for the configurations of each 300 topics.
        """
        with _Reading(self.server, "topics"):
            # Always all of them: metadata of one named topic would create it where the broker
            # allows that.
            found = self._admin.list_topics(timeout=self._seconds).topics
        wanted = [name for name in (found if names is None else names) if name in found]
        configs: dict[str, Mapping[str, ConfigEntry]] = {}
        for chunk in _chunks(wanted, _CONFIGS_PER_REQUEST):
            resources = [ConfigResource(ResourceType.TOPIC, name) for name in chunk]
            answers = self._admin.describe_configs(resources, request_timeout=self._seconds)
            for resource, answer in answers.items():
                with _Reading(self.server, f"configuration of {resource.name}"):
                    configs[resource.name] = answer.result()
        return {
            TopicName(name): _observed(TopicName(name), found[name], configs[name])
            for name in wanted
        }

    def create(
        self, topics: Sequence[TopicCreation], *, validate_only: bool = False
    ) -> ItemResults:
        """Create topics and wait until every partition of them has a leader."""
        results: ItemResults = {}
        for batch in _batches(topics):
            answers = self._admin.create_topics(
                [
                    NewTopic(
                        topic.name,
                        num_partitions=topic.partitions,
                        replication_factor=topic.replication,
                        config=dict(topic.configs),
                    )
                    for topic in batch
                ],
                operation_timeout=self._seconds,
                request_timeout=self._seconds + 2,
                validate_only=validate_only,
            )
            results |= self._results(answers, str, "creation of topic")
        if not validate_only:
            partitions = {topic.name: topic.partitions for topic in topics}
            self._await_leaders(partitions, results, "was created")
        return results

    def alter_configs(
        self,
        changes: Mapping[TopicName, Mapping[str, str | None]],
        *,
        validate_only: bool = False,
    ) -> ItemResults:
        """Set configurations of topics, or remove those whose value is None; others stay."""
        answers = self._admin.incremental_alter_configs(
            [
                ConfigResource(
                    ResourceType.TOPIC,
                    name,
                    incremental_configs=[_alteration(key, values[key]) for key in values],
                )
                for name, values in changes.items()
            ],
            request_timeout=self._seconds,
            validate_only=validate_only,
        )
        return self._results(answers, lambda resource: resource.name, "configuration of topic")

    def add_partitions(
        self, totals: Mapping[TopicName, int], *, validate_only: bool = False
    ) -> ItemResults:
        """Raise the number of partitions of topics to the given totals; waits for leaders."""
        answers = self._admin.create_partitions(
            [NewPartitions(name, total) for name, total in totals.items()],
            operation_timeout=self._seconds,
            request_timeout=self._seconds + 2,
            validate_only=validate_only,
        )
        results = self._results(answers, str, "partitions of topic")
        if not validate_only:
            self._await_leaders(totals, results, "got its partitions")
        return results

    def _results(
        self, answers: Mapping[_Key, Future[None]], name_of: Callable[[_Key], str], about: str
    ) -> ItemResults:
        results: ItemResults = {}
        for key, answer in answers.items():
            name = TopicName(name_of(key))
            results[name] = None
            try:
                answer.result()
            except KafkaException as error:
                failure = translated(
                    error.args[0], server=self.server, about=f"{about} {name}", effect=True
                )
                failure.__cause__ = error
                results[name] = failure
        return results

    def _await_leaders(
        self, partitions: Mapping[TopicName, int], results: ItemResults, what: str
    ) -> None:
        """Creation reaches the brokers one after the other; a job that starts before is lost."""
        missing = {name for name in partitions if results[name] is None}
        deadline = self._clock.monotonic() + self._seconds
        while missing:
            try:
                found = self._admin.list_topics(timeout=self._seconds).topics
            except KafkaException:
                break  # the change itself was answered, so each item keeps its own result
            missing = {
                name
                for name in missing
                if name not in found or _led(found[name]) < partitions[name]
            }
            if missing and self._clock.monotonic() > deadline:
                break
            if missing:
                self._clock.sleep(_LOOK_AGAIN)
        for name in missing:
            results[name] = Indeterminate(
                f"topic {name} {what}, but not all of its partitions have a leader yet",
                next_step="run the same command again: it looks first",
            )


class _Reading:
    """Translates what librdkafka raises while something is read."""

    def __init__(self, server: str, about: str) -> None:
        self._server = server
        self._about = about

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, KafkaException):
            raise translated(
                error.args[0], server=self._server, about=self._about, effect=False
            ) from error


def _observed(
    name: TopicName,
    metadata: Any,  # noqa: ANN401 - TopicMetadata of an untyped library
    entries: Mapping[str, ConfigEntry],
) -> ObservedTopic:
    configs = {
        key: entry.value or ""
        for key, entry in entries.items()
        if ConfigSource(entry.source) is ConfigSource.DYNAMIC_TOPIC_CONFIG
    }
    inherited = {
        key: entries[key].value or ""
        for key in _DECIDES_DELETION
        if key in entries and key not in configs
    }
    replicas = [len(partition.replicas) for partition in metadata.partitions.values()]
    return ObservedTopic(name, len(replicas), min(replicas, default=0), configs, inherited)


def _alteration(key: str, value: str | None) -> ConfigEntry:
    operation = AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
    return ConfigEntry(key, value, incremental_operation=operation)


def _led(metadata: Any) -> int:  # noqa: ANN401 - TopicMetadata of an untyped library
    return sum(partition.leader >= 0 for partition in metadata.partitions.values())


def _batches(topics: Sequence[TopicCreation]) -> Iterator[list[TopicCreation]]:
    batch: list[TopicCreation] = []
    for topic in topics:
        if batch and sum(t.partitions for t in batch) + topic.partitions > _PARTITIONS_PER_REQUEST:
            yield batch
            batch = []
        batch.append(topic)
    if batch:
        yield batch


def _chunks(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
