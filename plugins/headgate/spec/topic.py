"""`schemas/<topic>/topic.yaml`: the contract and the storage of one topic."""

from typing import Literal

from pydantic import Field

from headgate.spec.quantities import Duration, Size
from headgate.spec.strict import Strict

Partitioning = Literal["keyed", "none"]
CleanupPolicy = Literal["delete", "compact", "compact,delete"]


class Retention(Strict):
    """How long and how much a topic keeps. What is left out has no limit."""

    time: Duration | Literal["forever"] = "forever"
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
