"""What has to happen to one topic: pure, from what is declared and what the brokers have."""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta

from headgate.clients.observed import ObservedTopic
from headgate.plan.change import Change
from headgate.plan.topic_configs import plan_configs
from headgate.spec.declared import DeclaredTopic


def declared_configs(topic: DeclaredTopic) -> dict[str, str]:
    """Every configuration that is set on the topic, by Kafka's names.

    Retention and clean-up are always among them, so that a topic keeps what it promises whatever
    the defaults of its brokers are.
    """
    retention = topic.spec.retention
    time, size = retention.time, retention.size_per_partition
    return {
        **topic.spec.configs,
        "cleanup.policy": topic.spec.cleanup,
        "retention.ms": (
            str(time // timedelta(milliseconds=1)) if isinstance(time, timedelta) else "-1"
        ),
        "retention.bytes": "-1" if size is None else str(size),
    }


def plan_topic(declared: DeclaredTopic, observed: ObservedTopic | None) -> tuple[Change, ...]:
    """The changes of one topic, one for each call to the brokers; one `none` if there are none.

    Nothing is deleted here: a topic that is no longer declared has no plan.
    """
    if observed is None:
        return (_creation(declared),)
    changes = tuple(_updates(declared, observed))
    return changes or (Change("topic", declared.name, "none", {}, {}),)


def share_of_keys_that_move(before: int, after: int) -> float:
    """Which part of all keys gets another partition when a topic grows, by hash modulo count."""
    stays = min(before, after) / math.lcm(before, after)
    return 1 - stays


def _creation(declared: DeclaredTopic) -> Change:
    after: Mapping[str, object] = {
        "partitions": declared.spec.partitions,
        "replication": declared.spec.replication,
        "configs": declared_configs(declared),
    }
    return Change("topic", declared.name, "create", {}, after)


def _updates(declared: DeclaredTopic, observed: ObservedTopic) -> Iterator[Change]:
    configs = plan_configs(declared.name, declared_configs(declared), observed)
    if configs is not None:
        yield configs
    if declared.spec.partitions != observed.partitions:
        yield _partitions(declared, observed)
    if declared.spec.replication != observed.replication:
        yield Change(
            "replication",
            declared.name,
            "update",
            {"replication": observed.replication},
            {"replication": declared.spec.replication},
            "refused",
            "the replication factor of an existing topic is not enforceable by this client: move "
            "its replicas with Kafka's kafka-reassign-partitions, or declare the factor it has",
        )


def _partitions(declared: DeclaredTopic, observed: ObservedTopic) -> Change:
    before, after = observed.partitions, declared.spec.partitions
    if after < before:
        reason = (
            f"Kafka cannot take partitions away: declare {before}, or declare a new topic with "
            f"{after} and move its readers and writers there"
        )
    elif declared.spec.partitioning == "keyed":
        reason = (
            f"{share_of_keys_that_move(before, after):.0%} of all keys would go to another "
            "partition, while their old records stay: the order per key and compaction break. "
            f"Declare {before}, or a new topic with {after} that is filled by a replay; if no "
            "reader needs the order per key, say `partitioning: none`"
        )
    else:
        reason = ""
    return Change(
        "partitions",
        declared.name,
        "update",
        {"partitions": before},
        {"partitions": after},
        "refused" if reason else "safe",
        reason,
    )
