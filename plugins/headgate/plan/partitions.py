"""More or fewer partitions: which keys move, and what to do instead."""

import math
from datetime import date

from headgate.clients.observed import ObservedTopic
from headgate.plan.change import Change, Risk
from headgate.spec.declared import DeclaredTopic


def share_of_keys_that_move(before: int, after: int) -> float:
    """Which part of all keys gets another partition when a topic grows, by hash modulo count.

    Kafka's own partitioner does that with murmur2 of the key, and so does every producer of this
    project.
    """
    stays = min(before, after) / math.lcm(before, after)
    return 1 - stays


def plan_partitions(declared: DeclaredTopic, observed: ObservedTopic, today: date) -> Change | None:
    """The change of a topic's number of partitions, or None."""
    before, after = observed.partitions, declared.spec.partitions
    if before == after:
        return None
    risk, reason = _verdict(declared, before, after, today)
    return Change(
        "partitions",
        declared.name,
        "update",
        {"partitions": before},
        {"partitions": after},
        risk,
        reason,
    )


def _verdict(declared: DeclaredTopic, before: int, after: int, today: date) -> tuple[Risk, str]:
    if after < before:
        return "refused", (
            f"Kafka cannot take partitions away: declare {before}, or declare a new topic with "
            f"{after} and move its readers and writers there"
        )
    if declared.spec.partitioning == "none":
        return "safe", ""
    moved = _what_moves(declared, before, after)
    leave = declared.spec.allow_repartition
    if leave is None:
        return "refused", (
            f"{moved}. {_safe_path(declared, before, after)}; if no reader needs the order per "
            "key, say `partitioning: none`; to do it all the same, once, say why and until when "
            "with `allow_repartition: {reason, until}`"
        )
    if today > leave.until:
        return "refused", (
            f"{moved}. The leave to add partitions expired on {leave.until.isoformat()}. "
            f"{_safe_path(declared, before, after)}"
        )
    return "needs_approval", (
        f"{moved}. Allowed until {leave.until.isoformat()}, because: {leave.reason}. "
        f"Without this risk: {_safe_path(declared, before, after)}"
    )


def _what_moves(declared: DeclaredTopic, before: int, after: int) -> str:
    broken = "the order per key breaks"
    if "compact" in declared.spec.cleanup:
        broken += ", and compaction keeps the last old value of a moved key for ever"
    return (
        f"{share_of_keys_that_move(before, after):.0%} of all keys would go to another "
        f"partition, while their old records stay: {broken}"
    )


def _safe_path(declared: DeclaredTopic, before: int, after: int) -> str:
    return (
        f"Declare {before} again, and a new topic ({declared.name}-v2) with {after} partitions; "
        "fill it by a replay, move its readers and writers there, and then mark "
        f"{declared.name} with `deletion`"
    )
