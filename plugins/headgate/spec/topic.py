"""`schemas/<topic>/topic.yaml`: the contract and the storage of one topic."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from headgate.spec.quantities import Duration, Size, parse_duration
from headgate.spec.strict import Strict

Partitioning = Literal["keyed", "none"]
CleanupPolicy = Literal["delete", "compact", "compact,delete"]


def parse_retention_time(value: object) -> timedelta | Literal["forever"]:
    """Read `7d` or `forever`."""
    if value == "forever":
        return "forever"
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{error}, or forever") from None


RetentionTime = Annotated[Duration | Literal["forever"], BeforeValidator(parse_retention_time)]


class Retention(Strict):
    """How long and how much a topic keeps. What is left out has no limit."""

    time: RetentionTime = "forever"
    """Kafka's `retention.ms`."""
    size_per_partition: Size | None = None
    """Kafka's `retention.bytes`."""


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
    """Kafka's `cleanup.policy`."""
    configs: dict[str, str] = {}
    """Further topic configurations by Kafka's names."""
