"""Which configurations of a topic have to be set, changed or removed, and what that may delete."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from headgate.clients.observed import ExpiringRecords, ObservedTopic
from headgate.plan.change import Change
from headgate.plan.retention import (
    DECIDES_DELETION,
    clean_up_policies,
    kept_by,
    losses,
    short_windows,
)
from headgate.plan.topic_use import TopicUse
from headgate.spec.declared import DeclaredTopic


def declared_configs(topic: DeclaredTopic) -> dict[str, str]:
    """Every configuration that is set on the topic, by Kafka's names.

    Retention and clean-up are among them, so that a topic keeps what it promises whatever the
    defaults of its brokers are; unless they are declared as inherited.
    """
    retention = topic.spec.retention
    time, size = retention.time, retention.size_per_partition
    own = {
        "cleanup.policy": topic.spec.cleanup,
        "retention.ms": (
            str(time // timedelta(milliseconds=1)) if isinstance(time, timedelta) else time
        ),
        "retention.bytes": "forever" if size is None else str(size),
    }
    return {
        **{key: value for key, value in topic.spec.configs.items() if key not in own},
        **{
            key: "-1" if value == "forever" else value
            for key, value in own.items()
            if value != "inherited"
        },
    }


def plan_configs(
    topic: DeclaredTopic,
    observed: ObservedTopic,
    uses: Sequence[TopicUse],
    expiring: ExpiringRecords | None,
) -> Change | None:
    """The change of a topic's configurations, or None.

    Compared is what is set on the topic itself; a value that is set already is never sent again,
    because setting `min.insync.replicas` anew clears the ELR state of a cluster (KIP-966). What
    somebody set without declaring it is removed, and so is what is declared as inherited.
    """
    declared = declared_configs(topic)
    keys = sorted(
        key
        for key in declared.keys() | observed.configs.keys()
        if not _same(key, declared.get(key), observed.configs.get(key))
    )
    if not keys:
        return None
    dangers = list(_dangers(keys, declared, observed, uses, expiring))
    notes = [] if dangers else list(_still_short(keys, declared, observed, uses))
    return Change(
        "configs",
        topic.name,
        "update",
        {key: observed.configs.get(key) for key in keys},
        {key: declared.get(key) for key in keys},
        "needs_approval" if dangers else "safe",
        "; ".join(dangers or notes),
    )


def in_force_after(declared: Mapping[str, str], observed: ObservedTopic) -> dict[str, str]:
    """What decides about records once the topic has exactly the declared configurations."""
    return {**observed.inherited, **declared}


def in_force_now(observed: ObservedTopic) -> dict[str, str]:
    """What decides about the topic's records now."""
    return {**observed.inherited, **observed.configs}


def _same(key: str, one: str | None, other: str | None) -> bool:
    if key == "cleanup.policy" and one is not None and other is not None:
        return clean_up_policies(one) == clean_up_policies(other)
    return one == other


def _dangers(
    keys: Sequence[str],
    declared: Mapping[str, str],
    observed: ObservedTopic,
    uses: Sequence[TopicUse],
    expiring: ExpiringRecords | None,
) -> Iterator[str]:
    for key in keys:
        if key not in declared and key not in DECIDES_DELETION:
            yield f"{key} is set on the topic but not declared, and would be removed"
    deciding = [key for key in keys if key in DECIDES_DELETION]
    if not deciding:
        return
    now, then = in_force_now(observed), in_force_after(declared, observed)
    for key in deciding:
        if key not in then:
            yield (
                f"{key} is left to the brokers, and their default is not known: records may be "
                "deleted"
            )
        elif key not in now:
            yield f"{key} as it is in force now is not known: records may be deleted"
    before, after = kept_by(now), kept_by(then)
    if before is not None and after is not None:
        yield from losses(before, after, uses, expiring)
    else:
        yield from short_windows(after, uses)


def _still_short(
    keys: Sequence[str],
    declared: Mapping[str, str],
    observed: ObservedTopic,
    uses: Sequence[TopicUse],
) -> Iterator[str]:
    if any(key in DECIDES_DELETION for key in keys):
        yield from short_windows(kept_by(in_force_after(declared, observed)), uses)
