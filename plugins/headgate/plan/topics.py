"""What has to happen to one topic: pure, from what is declared and what the brokers have."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from headgate.clients.observed import ExpiringRecords, ObservedTopic
from headgate.ids import TopicName
from headgate.plan.change import Change
from headgate.plan.deletion import plan_deletion
from headgate.plan.partitions import plan_partitions, share_of_keys_that_move
from headgate.plan.retention import kept_by, short_windows
from headgate.plan.topic_configs import (
    declared_configs,
    in_force_after,
    in_force_now,
    plan_configs,
)
from headgate.plan.topic_use import TopicUse
from headgate.spec.declared import DeclaredTopic

__all__ = ["declared_configs", "plan_topic", "share_of_keys_that_move", "shortened_retention"]


def plan_topic(
    declared: DeclaredTopic,
    observed: ObservedTopic | None,
    *,
    uses: tuple[TopicUse, ...] = (),
    expiring: ExpiringRecords | None = None,
    today: date,
) -> tuple[Change, ...]:
    """The changes of one topic, one for each call to the brokers; one `none` if there are none.

    A topic is deleted only where it is marked; one that is no longer declared has no plan.
    `expiring` is what was found out for a topic that `shortened_retention` names.
    """
    if declared.spec.deletion is not None:
        return (plan_deletion(declared, observed, uses, expiring),)
    if observed is None:
        return (_creation(declared, uses),)
    changes = tuple(_updates(declared, observed, uses, expiring, today))
    return changes or (Change("topic", declared.name, "none", {}, {}),)


def shortened_retention(
    declared: Mapping[TopicName, DeclaredTopic], observed: Mapping[TopicName, ObservedTopic]
) -> dict[TopicName, timedelta]:
    """Topics that are to keep less than now, with the time for which they will keep records.

    These are the topics of which must be asked how many records that concerns. The time is
    `timedelta.max` where size or compaction alone take records away, and zero where the topic is
    marked for deletion.
    """
    shortened: dict[TopicName, timedelta] = {}
    for name, topic in declared.items():
        there = observed.get(name)
        if there is None:
            continue
        if topic.spec.deletion is not None:
            shortened[name] = timedelta(0)
            continue
        before = kept_by(in_force_now(there))
        after = kept_by(in_force_after(declared_configs(topic), there))
        if before is not None and after is not None and after.keeps_less_than(before):
            shortened[name] = timedelta.max if after.time is None else after.time
    return shortened


def _creation(declared: DeclaredTopic, uses: Sequence[TopicUse]) -> Change:
    configs = declared_configs(declared)
    after = {
        "partitions": declared.spec.partitions,
        "replication": declared.spec.replication,
        "configs": configs,
    }
    reason = "; ".join(short_windows(kept_by(configs), uses))
    return Change(
        "topic",
        declared.name,
        "create",
        {},
        after,
        "needs_approval" if reason else "safe",
        reason,
    )


def _updates(
    declared: DeclaredTopic,
    observed: ObservedTopic,
    uses: Sequence[TopicUse],
    expiring: ExpiringRecords | None,
    today: date,
) -> Iterator[Change]:
    configs = plan_configs(declared, observed, uses, expiring)
    if configs is not None:
        yield configs
    partitions = plan_partitions(declared, observed, today)
    if partitions is not None:
        yield partitions
    if declared.spec.replication != observed.replication:
        yield _replication(declared, observed)


def _replication(declared: DeclaredTopic, observed: ObservedTopic) -> Change:
    before, after = observed.replication, declared.spec.replication
    return Change(
        "replication",
        declared.name,
        "update",
        {"replication": before},
        {"replication": after},
        "refused",
        "the replication factor of an existing topic is not enforceable by this client. Declare "
        f"{before}, or move the replicas with Kafka's own tool: list {after} brokers for each of "
        f'the {observed.partitions} partitions in moves.json ({{"version": 1, "partitions": '
        f'[{{"topic": "{declared.name}", "partition": 0, "replicas": [...]}}, ...]}}), run '
        "`kafka-reassign-partitions.sh --bootstrap-server ADDRESS --reassignment-json-file "
        "moves.json --execute --throttle 10000000`, then the same with --verify until it says "
        "that all are complete (that lifts the throttle too), then `headgate plan`",
    )
