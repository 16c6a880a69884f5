"""All that readers and writers of a topic may rely on, declared and in force side by side: pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from headgate.clients.observed import ObservedTopic, RegisteredSchema
from headgate.ids import TopicName
from headgate.plan.change import Change
from headgate.plan.contract_fields import ContractField, contract_fields
from headgate.plan.topic_use import TopicUse
from headgate.spec.avro_names import field_names
from headgate.spec.declared import DeclaredTopic
from headgate.spec.quantities import format_duration
from headgate.spec.schema_form import same_schema

_NO_LIMIT = "-1"


@dataclass(frozen=True)
class Applied:
    """A schema that an application of contracts has registered."""

    subject: str
    schema: str
    """As it was written then."""
    at: datetime
    surface: str
    """Who or what ran it."""
    approved_by: str | None


@dataclass(frozen=True)
class Version:
    """One registered version, and how it came there where that is known."""

    subject: str
    number: int
    id: int
    is_declared: bool
    """Whether the files hold this very schema."""
    applied: Applied | None


@dataclass(frozen=True)
class Setting:
    """One property of the topic, for people: as the files say, and as it is."""

    name: str
    declared: str
    in_force: str
    """Empty where the topic, or the subject, does not exist yet."""


@dataclass(frozen=True)
class TopicContract:
    """The contract of one topic."""

    name: TopicName
    description: str
    owner: str
    key: tuple[str, ...]
    """Fields of the key; none for records without one."""
    fields: tuple[ContractField, ...]
    settings: tuple[Setting, ...]
    versions: tuple[Version, ...]
    """Oldest first, value before key."""
    uses: tuple[TopicUse, ...]
    pending: tuple[Change, ...]
    """What would have to be changed for the topic to be as declared."""
    deletion: str | None
    """Why it is marked for deletion."""

    def to_json(self) -> dict[str, Any]:
        """The contract for machines."""
        values = asdict(self)
        values["pending"] = [change.to_json() for change in self.pending]
        values["as_declared"] = not self.pending
        for use in values["uses"]:
            window: timedelta | None = use["replay_window"]
            use["replay_window"] = None if window is None else format_duration(window)
        return values


def topic_contract(
    declared: DeclaredTopic,
    observed: ObservedTopic | None,
    versions: Sequence[RegisteredSchema],
    *,
    levels: Mapping[str, str | None],
    uses: Sequence[TopicUse],
    changes: Sequence[Change],
    applied: Sequence[Applied],
) -> TopicContract:
    """The contract. `levels` are those of the topic's subjects, `applied` is oldest first."""
    spec = declared.spec
    key = (
        field_names(declared.key_schema) if declared.key_schema else [spec.key] if spec.key else []
    )
    return TopicContract(
        name=declared.name,
        description=spec.description,
        owner=spec.owner,
        key=tuple(key),
        fields=contract_fields(declared.value_schema),
        settings=tuple(_settings(declared, observed, levels)),
        versions=tuple(_version(one, declared, applied) for one in versions),
        uses=tuple(uses),
        pending=tuple(change for change in changes if change.operation != "none"),
        deletion=spec.deletion.reason if spec.deletion else None,
    )


def _version(
    registered: RegisteredSchema, declared: DeclaredTopic, applied: Sequence[Applied]
) -> Version:
    is_key = registered.subject.endswith("-key")
    whole = declared.key_schema if is_key else declared.value_schema
    return Version(
        registered.subject,
        registered.version,
        registered.id,
        same_schema(registered.whole_text, json.dumps(whole)),
        next(
            (
                one
                for one in applied
                if one.subject == registered.subject and same_schema(one.schema, registered.text)
            ),
            None,
        ),
    )


def _settings(
    declared: DeclaredTopic, observed: ObservedTopic | None, levels: Mapping[str, str | None]
) -> Iterator[Setting]:
    spec, there = declared.spec, observed
    yield Setting("partitions", str(spec.partitions), str(there.partitions) if there else "")
    yield Setting("replication", str(spec.replication), str(there.replication) if there else "")
    yield Setting("partitioning", spec.partitioning, "")
    time, size = spec.retention.time, spec.retention.size_per_partition
    yield Setting(
        "retention",
        format_duration(time) if isinstance(time, timedelta) else time,
        _in_force(there, "retention.ms"),
    )
    yield Setting(
        "size per partition",
        "no limit" if size is None else size if isinstance(size, str) else f"{size:,} bytes",
        _in_force(there, "retention.bytes"),
    )
    yield Setting("cleanup", spec.cleanup, _in_force(there, "cleanup.policy"))
    others = {} if there is None else there.configs
    for name in sorted(spec.configs):
        yield Setting(name, spec.configs[name], others.get(name, ""))
    for subject, level in levels.items():
        kind = subject.removeprefix(f"{declared.name}-")
        yield Setting(f"compatibility ({kind})", spec.compatibility, level or "")


def _in_force(topic: ObservedTopic | None, key: str) -> str:
    if topic is None:
        return ""
    value = {**topic.inherited, **topic.configs}.get(key, "")
    if value == _NO_LIMIT:
        readable = "forever" if key == "retention.ms" else "no limit"
    elif key == "retention.ms" and value:
        readable = _duration(int(value))
    elif key == "retention.bytes" and value:
        readable = f"{int(value):,} bytes"
    else:
        readable = value
    return readable if key in topic.configs or not value else f"{readable} (inherited)"


def _duration(millis: int) -> str:
    try:
        return format_duration(timedelta(milliseconds=millis))
    except OverflowError:
        return f"{millis:,} ms"
