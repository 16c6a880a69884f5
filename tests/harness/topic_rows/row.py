"""One case of the table of topics, and short ways to write its values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from headgate.clients.observed import ExpiringRecords
from headgate.ids import JobName, TopicName
from headgate.plan.topic_use import TopicUse
from headgate.spec.declared import DeclaredTopic
from headgate.spec.topic import TopicSpec

TODAY = date(2026, 3, 10)
"""The day on which every row is planned."""

DAY_MS = 86_400_000
DAY, WEEK, MONTH = str(DAY_MS), str(7 * DAY_MS), str(30 * DAY_MS)
DEFAULTS = {"retention.ms": WEEK, "retention.bytes": "-1", "cleanup.policy": "delete"}
"""What Kafka itself has where neither brokers nor topics set anything."""
AS_DECLARED = dict(DEFAULTS)
"""Set on the topic by a topic.yaml that says nothing but `retention: {time: 7d}`."""
HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
Risk = Literal["safe", "needs_approval", "refused"]


@dataclass(frozen=True)
class Seen:
    """A topic on the broker."""

    configs: Mapping[str, str] = field(default_factory=lambda: AS_DECLARED)
    """Set on the topic itself."""
    partitions: int = 4
    replication: int = 1
    records: tuple[timedelta, ...] = ()
    """How old each record of the first partition is, in the order of their offsets."""
    read: Mapping[str, int] = field(default_factory=dict)
    """How many of them the groups of jobs have committed."""


@dataclass(frozen=True)
class Expected:
    """One change of the plan."""

    kind: str
    risk: Risk
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    says: tuple[str, ...] = ()
    """Words of the reason."""
    operation: str = "update"


NOTHING = (Expected("topic", "safe", operation="none"),)


@dataclass(frozen=True)
class TopicRow:
    """One case."""

    says: str
    declared: Mapping[str, Any] | None
    """Keys of topic.yaml besides description, owner, `partitions: 4` and `time: 7d`; None for a
    topic that nobody declared."""
    seen: Seen | None
    expected: tuple[Expected, ...]
    uses: tuple[TopicUse, ...] = ()
    expiring: ExpiringRecords | None = None
    """What asking about records finds; None where it is not asked."""
    brokers: Mapping[str, str] = field(default_factory=dict)
    """Defaults that are set for the brokers, by the names that topics have for them."""
    is_owned: bool = True
    """Whether the topic's name begins with a prefix of the project."""
    is_unknown: bool = False
    """Whether the plan reports the topic as not declared."""
    only_pure: str = ""
    """Why one broker cannot hold this; empty where it can."""

    def topic(self, name: TopicName) -> DeclaredTopic | None:
        """The declared topic."""
        if self.declared is None:
            return None
        base = {"description": "d", "owner": "o", "partitions": 4, "retention": {"time": "7d"}}
        spec = TopicSpec.model_validate({**base, **self.declared})
        schema = {"type": "record", "name": "R", "fields": [{"name": "k", "type": "string"}]}
        return DeclaredTopic(name, Path("schemas") / name, spec, schema, None)

    @property
    def in_force(self) -> dict[str, str]:
        """What the brokers have by default; a value that they do not tell is missing."""
        return {key: value for key, value in {**DEFAULTS, **self.brokers}.items() if value}


def use(
    job: str,
    how: Literal["reads", "writes"] = "reads",
    *,
    declared: bool = True,
    deployed: bool = False,
    window: timedelta | None = None,
) -> TopicUse:
    """One job's use of the row's topic."""
    return TopicUse(JobName(job), how, declared, deployed, window)


def having(**configs: str | None) -> dict[str, str]:
    """The usual configurations of a topic, some changed or (None) not there."""
    changed = {key.replace("_", "."): value for key, value in configs.items()}
    merged = {**AS_DECLARED, **changed}
    return {key: value for key, value in merged.items() if value is not None}


def counted(retained: int, expiring: int, **unread: int) -> ExpiringRecords:
    """What asking about records finds; jobs by their names with underscores."""
    jobs = {JobName(job.replace("_", "-")): count for job, count in unread.items()}
    return ExpiringRecords(retained, expiring, jobs)


def configs(
    risk: Risk, before: Mapping[str, Any], after: Mapping[str, Any], *says: str
) -> Expected:
    """A change of configurations."""
    return Expected("configs", risk, before, after, says)


def grows(risk: Risk, before: int, after: int, *says: str) -> Expected:
    """A change of the number of partitions."""
    return Expected("partitions", risk, {"partitions": before}, {"partitions": after}, says)


def created(risk: Risk, *says: str, configs: Mapping[str, str] = AS_DECLARED, **other: int) -> Any:
    """The creation of the row's topic."""
    after = {"partitions": 4, "replication": 1, "configs": dict(configs), **other}
    return (Expected("topic", risk, {}, after, says, "create"),)


def deleted(risk: Risk, *says: str, partitions: int = 4) -> tuple[Expected, ...]:
    """The deletion of a topic with the usual configurations."""
    before = {"partitions": partitions, "replication": 1, "configs": AS_DECLARED}
    return (Expected("topic", risk, before, {}, says, "delete"),)


def replicated(before: int, after: int) -> Expected:
    """The refusal of another replication factor."""
    says = ("not enforceable by this client", "kafka-reassign-partitions", f"Declare {before},")
    values = {"replication": before}, {"replication": after}
    return Expected("replication", "refused", *values, says)


def retention(time: str | None = "7d", size: str | None = None) -> dict[str, Any]:
    """The key of topic.yaml."""
    keys = {"time": time, "size_per_partition": size}
    return {"retention": {key: value for key, value in keys.items() if value is not None}}


OLD_AND_NEW = (6 * A_DAY, 5 * A_DAY, 3 * A_DAY, 2 * A_DAY, HOUR, HOUR)
"""Six records, four of them older than a day."""
TO_DAY = ({"retention.ms": WEEK}, {"retention.ms": DAY})
TO_MIB = ({"retention.bytes": "-1"}, {"retention.bytes": "1048576"})
