"""Which configurations of a topic have to be set, changed or removed, and what that may delete."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from headgate.clients.observed import ObservedTopic
from headgate.ids import TopicName
from headgate.plan.change import Change
from headgate.spec.quantities import format_duration

_NO_LIMIT = -1
_LIMITS = ("retention.ms", "retention.bytes")


def plan_configs(
    name: TopicName, declared: Mapping[str, str], observed: ObservedTopic
) -> Change | None:
    """The change of a topic's configurations, or None.

    Compared is what is set on the topic itself; a value that is set already is never sent again,
    because setting `min.insync.replicas` anew clears the ELR state of a cluster (KIP-966). What
    somebody set without declaring it is removed.
    """
    keys = sorted(
        key
        for key in declared.keys() | observed.configs.keys()
        if not _same(key, declared.get(key), observed.configs.get(key))
    )
    if not keys:
        return None
    reasons = list(_dangers(keys, declared, observed))
    return Change(
        "configs",
        name,
        "update",
        {key: observed.configs.get(key) for key in keys},
        {key: declared.get(key) for key in keys},
        "needs_approval" if reasons else "safe",
        "; ".join(reasons),
    )


def _same(key: str, one: str | None, other: str | None) -> bool:
    if key == "cleanup.policy" and one and other:
        return set(_listed(one)) == set(_listed(other))
    return one == other


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


def _dangers(
    keys: list[str], declared: Mapping[str, str], observed: ObservedTopic
) -> Iterator[str]:
    in_force = {**observed.inherited, **observed.configs}
    for key in keys:
        before, after = in_force.get(key), declared.get(key)
        if after is None:
            yield f"{key} is set on the topic but not declared, and would be removed"
        elif key in _LIMITS and before is not None and _is_shorter(after, before):
            yield (
                f"records are deleted when {key} goes from {_readable(key, before)} to "
                f"{_readable(key, after)}"
            )
        elif key == "cleanup.policy" and before is not None and not _same(key, before, after):
            yield f"clean-up changes from {before} to {after}, which deletes other records"


def _is_shorter(after: str, before: str) -> bool:
    if int(after) == _NO_LIMIT:
        return False
    return int(before) == _NO_LIMIT or int(after) < int(before)


def _readable(key: str, value: str) -> str:
    if int(value) == _NO_LIMIT:
        return "no limit"
    if key == "retention.ms":
        return format_duration(timedelta(milliseconds=int(value)))
    return f"{int(value):,} bytes"
