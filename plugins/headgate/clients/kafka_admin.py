"""Changes by Kafka's admin API, with one result an item."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from confluent_kafka import KafkaError
from confluent_kafka.admin import (  # type: ignore[attr-defined] # public, but not in __all__
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from headgate.clients.item_call import Answers, ItemCall, ItemResults, broker_said
from headgate.clients.kafka_topics import ClusterTopics, KafkaTopics
from headgate.clients.observed import ClusterPicture, ObservedTopic
from headgate.errors import HeadgateError, Indeterminate, Unavailable
from headgate.ids import TopicName

__all__ = [
    "ClusterPicture",
    "ClusterTopics",
    "ItemResults",
    "KafkaAdmin",
    "ObservedTopic",
    "TopicCreation",
]

_PARTITIONS_PER_REQUEST = 5_000  # the broker refuses more than 10,000 in one request
_LOOK_AGAIN = timedelta(milliseconds=100)
# A broker shows new topics only when it has made the folders of all of them: on a machine under
# heavy load 2,000 partitions took more than a minute (measured).
_FOR_EACH_PARTITION = timedelta(milliseconds=100)
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class TopicCreation:
    """A topic to be created."""

    name: TopicName
    partitions: int
    replication: int
    configs: Mapping[str, str]


class KafkaAdmin(KafkaTopics):
    """One Kafka cluster, to be read and changed. Changes return one result an item.

    With `validate_only` the broker checks all that it would check, and changes nothing.

    A broker whose quota of changes is used up (`controller_mutation_rate`, KIP-599) has two
    answers. Either it puts items off, which are then sent again, they alone; or it makes the
    change and answers nothing else on the connection for a while, as it does to librdkafka 2.16
    (measured). Both are borne for `patience`.
    """

    patience = timedelta(minutes=1)
    """How long items that were put off are sent again, and how long effects are waited for."""

    def create(
        self, topics: Sequence[TopicCreation], *, validate_only: bool = False
    ) -> ItemResults:
        """Create topics and wait until every partition of them has a leader."""

        def send(batch: Sequence[TopicCreation]) -> Answers:
            return self._admin.create_topics(
                [
                    NewTopic(
                        topic.name,
                        num_partitions=topic.partitions,
                        replication_factor=topic.replication,
                        config=dict(topic.configs),
                    )
                    for topic in batch
                ],
                validate_only=validate_only,
                **self._timeouts(len(batch)),
            )

        results: ItemResults = {}
        for batch in _batches(topics, lambda topic: topic.partitions):
            items = {topic.name: topic for topic in batch}
            results |= self._each(items, send, "creation of topic")
            if not validate_only:
                partitions = {topic.name: topic.partitions for topic in batch}
                self._await_leaders(partitions, results, "was created")
        return results

    def alter_configs(
        self,
        changes: Mapping[TopicName, Mapping[str, str | None]],
        *,
        validate_only: bool = False,
    ) -> ItemResults:
        """Set configurations of topics, or remove those whose value is None; others stay."""

        def send(resources: Sequence[ConfigResource]) -> Answers:
            return self._admin.incremental_alter_configs(
                list(resources),
                request_timeout=self._timeout_for(len(resources)).total_seconds(),
                validate_only=validate_only,
            )

        items = {
            name: ConfigResource(
                ResourceType.TOPIC,
                name,
                incremental_configs=[_alteration(key, values[key]) for key in values],
            )
            for name, values in changes.items()
        }
        results = self._each(items, send, "configuration of topic")
        if not validate_only:
            self._await_configs(changes, results)
        return results

    def add_partitions(
        self, totals: Mapping[TopicName, int], *, validate_only: bool = False
    ) -> ItemResults:
        """Raise the number of partitions of topics to the given totals; waits for leaders."""

        def send(batch: Sequence[tuple[TopicName, int]]) -> Answers:
            return self._admin.create_partitions(
                [NewPartitions(name, total) for name, total in batch],
                validate_only=validate_only,
                **self._timeouts(len(batch)),
            )

        results: ItemResults = {}
        for batch in _batches(list(totals.items()), lambda item: item[1]):
            items = {item[0]: item for item in batch}
            results |= self._each(items, send, "partitions of topic")
            if not validate_only:
                self._await_leaders(dict(batch), results, "got its partitions")
        return results

    def delete(self, names: Sequence[TopicName]) -> ItemResults:
        """Delete topics with all their records, and wait until no broker knows them.

        One that is gone already is as wanted. Kafka checks nothing beforehand.
        """

        def send(batch: Sequence[TopicName]) -> Answers:
            return self._admin.delete_topics(list(batch), **self._timeouts(len(batch)))

        results = self._each({name: name for name in names}, send, "deletion of topic")
        for name, failure in results.items():
            if broker_said(failure) == KafkaError.UNKNOWN_TOPIC_OR_PART:
                results[name] = None
        self._await(
            [name for name in names if results[name] is None],
            results,
            lambda name, found: name not in found,
            "was deleted, but a broker still shows it",
            self.patience,
        )
        return results

    def _timeouts(self, items: int) -> dict[str, float]:
        """Of the broker for its work, and of the client for the answer."""
        seconds = self._timeout_for(items).total_seconds()
        return {"operation_timeout": seconds, "request_timeout": seconds + 2}

    def _each(
        self,
        items: Mapping[TopicName, _Item],
        send: Callable[[Sequence[_Item]], Answers],
        about: str,
    ) -> ItemResults:
        within = self._timeout_for(len(items)) * 2
        call = ItemCall(self.server, about, within, self.patience, self._clock)
        return call.send_all(items, send)

    def _await_leaders(
        self, partitions: Mapping[TopicName, int], results: ItemResults, what: str
    ) -> None:
        """Creation reaches the brokers one after the other; a job that starts before is lost."""
        self._await(
            [name for name in partitions if results[name] is None],
            results,
            lambda name, found: name in found and _led(found[name]) >= partitions[name],
            f"{what}, but not all of its partitions have a leader yet",
            self.patience + _FOR_EACH_PARTITION * sum(partitions.values()),
        )

    def _await_configs(
        self, changes: Mapping[TopicName, Mapping[str, str | None]], results: ItemResults
    ) -> None:
        """Look until the broker that is asked shows the new values, or patience ends.

        The controller has taken them when it answers; a broker learns of them a moment later, and
        a plan made in that moment would want to make them again.
        """
        deadline = self._clock.monotonic() + self.patience.total_seconds()
        missing = [name for name in changes if results[name] is None]
        while missing and self._clock.monotonic() < deadline:
            try:
                found = self.topics(missing)
            except HeadgateError:
                return
            missing = [name for name in missing if not _shows(found.get(name), changes[name])]
            if missing:
                self._clock.sleep(_LOOK_AGAIN)

    def _await(
        self,
        names: Sequence[TopicName],
        results: ItemResults,
        is_there: Callable[[TopicName, Mapping[str, Any]], bool],
        unfinished: str,
        patience: timedelta,
    ) -> None:
        """Look until all are there; those that are not at the deadline become Indeterminate."""
        missing = list(names)
        deadline = self._clock.monotonic() + patience.total_seconds()
        while missing:
            try:
                found = self._metadata().topics
            except Unavailable:
                pass  # the broker answers nothing for a while
            except HeadgateError:
                break
            else:
                missing = [name for name in missing if not is_there(name, found)]
            if not missing or self._clock.monotonic() > deadline:
                break
            self._clock.sleep(_LOOK_AGAIN)
        for name in missing:
            results[name] = Indeterminate(
                f"topic {name} {unfinished}",
                next_step="run the same command again: it looks first",
            )


def _shows(topic: ObservedTopic | None, wanted: Mapping[str, str | None]) -> bool:
    return topic is not None and all(
        topic.configs.get(key) == value for key, value in wanted.items()
    )


def _alteration(key: str, value: str | None) -> ConfigEntry:
    operation = AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
    return ConfigEntry(key, value, incremental_operation=operation)


def _led(metadata: Any) -> int:  # noqa: ANN401 - TopicMetadata of an untyped library
    return sum(partition.leader >= 0 for partition in metadata.partitions.values())


def _batches(items: Sequence[_Item], partitions: Callable[[_Item], int]) -> Iterator[list[_Item]]:
    """Items of at most 5,000 partitions together, but for one that has more alone."""
    batch: list[_Item] = []
    size = 0
    for item in items:
        if batch and size + partitions(item) > _PARTITIONS_PER_REQUEST:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += partitions(item)
    if batch:
        yield batch
