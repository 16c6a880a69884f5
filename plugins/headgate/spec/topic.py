"""`schemas/<topic>/topic.yaml`: the contract and the storage of one topic."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from headgate.spec.quantities import Duration, Size, parse_duration
from headgate.spec.strict import Strict

Partitioning = Literal["keyed", "none"]
CleanupPolicy = Literal["delete", "compact", "compact,delete", "inherited"]
Level = Literal[
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
]
"""A compatibility level of the registry."""


def parse_retention_time(value: object) -> timedelta | Literal["forever", "inherited"]:
    """Read `7d`, `forever` or `inherited`."""
    if value in ("forever", "inherited"):
        return "forever" if value == "forever" else "inherited"
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or forever, or inherited") from None


RetentionTime = Annotated[
    Duration | Literal["forever", "inherited"], BeforeValidator(parse_retention_time)
]


class Retention(Strict):
    """How long and how much a topic keeps. What is left out has no limit."""

    time: RetentionTime = "forever"
    """Kafka's `retention.ms`. `inherited` leaves it to the brokers' default."""
    size_per_partition: Size | Literal["inherited"] | None = None
    """Kafka's `retention.bytes`. `inherited` leaves it to the brokers' default."""


class AllowRepartition(Strict):
    """Leave to add partitions to a keyed topic once, although keys move then."""

    reason: str = Field(min_length=1)
    """Why no reader is hurt."""
    until: date
    """Last day of the leave; after it the entry has no effect."""


class Deletion(Strict):
    """The mark that a topic shall be deleted, with all its records."""

    reason: str = Field(min_length=1)
    """Why nobody needs the records any more."""


class TopicSpec(Strict):
    """What `topic.yaml` says. The topic's name is the name of its folder."""

    description: str = Field(min_length=1)
    """What one record means, for people."""
    owner: str = Field(min_length=1)
    """Team or person to ask."""
    partitions: int = Field(ge=1, le=10_000)
    """Number of partitions."""
    replication: int = Field(default=1, ge=1, le=32_767)
    """Replication factor."""
    key: str | None = None
    """Field of `value.avsc` that is the record key; none for records without a key."""
    partitioning: Partitioning = "keyed"
    """`keyed` where the order per key matters, so that partitions are not added lightly."""
    retention: Retention = Retention()
    """How long and how much the topic keeps."""
    cleanup: CleanupPolicy = "delete"
    """Kafka's `cleanup.policy`. `inherited` leaves it to the brokers' default."""
    compatibility: Level = "FULL_TRANSITIVE"
    """Level of the topic's subjects in the registry, and the rule for their next versions."""
    allow_repartition: AllowRepartition | None = None
    """Leave to add partitions although the topic is keyed."""
    deletion: Deletion | None = None
    """Delete the topic. A person approves; refused while a deployed job uses it."""
    configs: dict[str, str] = {}
    """Further topic configurations by Kafka's names."""
