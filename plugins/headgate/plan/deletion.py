"""A topic that is marked for deletion: the only way in which one is ever deleted."""

from collections.abc import Sequence

from headgate.clients.observed import ExpiringRecords, ObservedTopic
from headgate.plan.change import Change
from headgate.plan.topic_use import TopicUse
from headgate.spec.declared import DeclaredTopic


def plan_deletion(
    declared: DeclaredTopic,
    observed: ObservedTopic | None,
    uses: Sequence[TopicUse],
    expiring: ExpiringRecords | None,
) -> Change:
    """Delete the topic; nothing to do once it is gone. Nothing else of it is changed meanwhile.

    Refused while a job uses it, because a job whose topic is gone fails or, worse, waits. The
    number of its records stands in the reason alone: it grows while somebody reads the plan, and
    the change stays the same.
    """
    mark = declared.spec.deletion
    if observed is None or mark is None:
        return Change("topic", declared.name, "none", {}, {})
    before = {
        "partitions": observed.partitions,
        "replication": observed.replication,
        "configs": dict(observed.configs),
    }
    if uses:
        return Change("topic", declared.name, "delete", before, {}, "refused", _still_used(uses))
    lost = "all its records" if expiring is None else f"its {expiring.retained:,} records"
    reason = (
        f"the topic and {lost} are deleted for ever; its subjects and their versions stay in the "
        f"registry. Marked because: {mark.reason}"
    )
    return Change("topic", declared.name, "delete", before, {}, "needs_approval", reason)


def _still_used(uses: Sequence[TopicUse]) -> str:
    told = "; ".join(_told(use) for use in uses)
    declared = dict.fromkeys(use.job for use in uses if use.is_declared)
    deployed = dict.fromkeys(use.job for use in uses if use.is_deployed)
    steps = [
        *(f"take it out of flink_jobs/{job}/job.yaml" for job in declared),
        *(f"stop {job}, or deploy it without this topic" for job in deployed),
    ]
    return f"it is still used: {told}. First {', '.join(steps)}"


def _told(use: TopicUse) -> str:
    states = [
        *(["declared"] if use.is_declared else []),
        *(["deployed"] if use.is_deployed else []),
    ]
    return f"job {use.job} {use.how} it ({' and '.join(states)})"
