"""What Kafka and the registry hold, as plain values: what the clients return."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from headgate.ids import JobName, TopicName


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
    """What is in force wherever the topic sets nothing itself, for configurations that decide
    which records are deleted. A key is missing where the brokers do not tell their default."""


@dataclass(frozen=True, order=True)
class SchemaReference:
    """A schema that another one names."""

    name: str
    """Full name of the Avro type."""
    subject: str
    version: int


@dataclass(frozen=True)
class RegisteredSchema:
    """One version of a subject."""

    subject: str
    id: int
    version: int
    text: str
    """As registered; a type that a reference holds is only named in it."""
    kind: str = "AVRO"
    """AVRO, JSON or PROTOBUF."""
    references: tuple[SchemaReference, ...] = ()
    whole: str = ""
    """The text with every referenced type in its place; empty where there are no references."""

    @property
    def whole_text(self) -> str:
        """The schema as one text that can be parsed alone."""
        return self.whole or self.text


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


@dataclass(frozen=True)
class ExpiringRecords:
    """What a shorter retention time would delete of one topic, at the moment it was asked."""

    retained: int
    """Records between the first and the next offset, of all partitions."""
    expiring: int
    """Those of them that are older than the new retention time."""
    unread: Mapping[JobName, int]
    """Of the expiring ones, those that a job's group has not committed yet, by job."""
