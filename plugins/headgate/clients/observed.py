"""What Kafka and the registry hold, as plain values: what the clients return."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from headgate.ids import TopicName


@dataclass(frozen=True)
class ClusterPicture:
    """One Kafka cluster."""

    cluster_id: str
    brokers: Mapping[int, str]
    """Address of each broker that is up, by its id."""


@dataclass(frozen=True)
class ObservedTopic:
    """One topic as the brokers have it."""

    name: TopicName
    partitions: int
    replication: int
    """Replicas per partition; of the partition that has the fewest."""
    configs: Mapping[str, str]
    """Only what is set on the topic itself, never what it inherits from brokers."""
    inherited: Mapping[str, str] = field(default_factory=dict)
    """What is in force without being set on the topic, for configurations that decide which
    records are deleted: a value set later may be shorter."""


@dataclass(frozen=True)
class RegisteredSchema:
    """One version of a subject."""

    subject: str
    id: int
    version: int
    text: str
    kind: str = "AVRO"
    """AVRO, JSON or PROTOBUF."""


@dataclass(frozen=True)
class SchemaReference:
    """A schema that another one names."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True)
class CompatibilityAnswer:
    """The registry's own verdict, under the level that the subject has there."""

    is_compatible: bool
    messages: tuple[str, ...] = ()
    """Reasons, where the registry gives any (Apicurio gives none)."""


@dataclass(frozen=True)
class ObservedSubject:
    """One subject as the registry has it."""

    name: str
    level: str | None
    """Compatibility level of its own. None where it has none."""
    versions: tuple[RegisteredSchema, ...]
    """All versions, the oldest first; only the latest where that is the declared schema."""
    answer: CompatibilityAnswer | None = None
    """The registry's verdict on the declared schema. None where it was not asked."""
