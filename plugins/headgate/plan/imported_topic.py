"""The files that declare a topic as it is: pure, from brokers, registry and sampled keys."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import yaml

from headgate.clients.observed import ObservedTopic, RegisteredSchema
from headgate.ids import TopicName
from headgate.plan.key_evidence import KeyEvidence
from headgate.plan.shared_types import Referring, RegisteredType, Surroundings, types_of, why_whole
from headgate.spec.check_topic import OWN_CONFIGS
from headgate.spec.names import name_problem
from headgate.spec.quantities import format_duration, parse_duration, parse_size

_NO_LIMIT = "-1"
_SIZES = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


@dataclass(frozen=True)
class FoundTopic:
    """All that there is to know about a topic that nobody declared."""

    topic: ObservedTopic
    value: RegisteredSchema
    key: RegisteredSchema | None
    level: str
    """Compatibility level in force for the value's subject."""
    remarks: tuple[str, ...] = ()
    """What else a reader of the folder has to know."""
    key_evidence: KeyEvidence | None = None
    """None where there is a key schema."""
    types: Mapping[str, RegisteredType] = field(default_factory=dict)
    """Subjects that are referred to, also by way of others, by their names."""

    @property
    def referring(self) -> Referring:
        """The value schema with what it refers to."""
        return Referring(self.value, self.types)


@dataclass(frozen=True)
class Origin:
    """Where and when a topic was found, and who answers for it from now on."""

    cluster_id: str
    day: date
    owner: str


@dataclass(frozen=True)
class ImportedTopic:
    """A folder to be written."""

    name: TopicName
    files: Mapping[str, str]
    """Text by file name."""
    types: Mapping[str, str]
    """Text of the shared types that value.avsc names, by their full names."""
    partitions: int
    retention: str
    key: str
    """For people: the key field, `key.avsc`, `none`, or `unknown` where it could not be told."""
    remarks: tuple[str, ...]
    """What is special; the remarks stand in topic.yaml too."""


def why_not(name: TopicName, value: RegisteredSchema | None, key: RegisteredSchema | None) -> str:
    """Why a topic cannot be declared, as far as names and kinds of schema tell; else empty."""
    problem = name_problem(name)
    if problem:
        return problem
    if value is None:
        return f"the registry has no subject {name}-value, so its records have no known fields"
    for schema in (value, key):
        if schema is not None and schema.kind != "AVRO":
            return f"subject {schema.subject} holds a {schema.kind} schema, not Avro"
        kind = "record" if schema is None else _kind(schema.text)
        if schema is not None and kind != "record":
            return f"the schema of subject {schema.subject} is of type {kind}, not record"
    return ""


def _kind(schema: str) -> str:
    parsed = json.loads(schema)
    if isinstance(parsed, list):
        return "union"
    return str(parsed["type"] if isinstance(parsed, dict) else parsed)


def imported_topic(found: FoundTopic, origin: Origin, around: Surroundings) -> ImportedTopic:
    """The files of a topic.

    Raises ValueError with the reason where `topic.yaml` has no words for what the topic is.
    """
    whole = why_whole(found.referring, around)
    remarks = [*found.remarks]
    if whole:
        remarks.append(f"value.avsc holds its referenced types itself: {whole}.")
    files = {
        "topic.yaml": "".join(_yaml_parts(found, origin, remarks)),
        "value.avsc": pretty(found.value.whole_text if whole else found.value.text),
    }
    if found.key is not None:
        files["key.avsc"] = pretty(found.key.whole_text)
    types = {} if whole else types_of(found.referring)
    return ImportedTopic(
        found.topic.name,
        files,
        {name: around.shared.get(name, pretty(types[name])) for name in types},
        partitions=found.topic.partitions,
        retention=str(_retention(found.topic)["time"]),
        key="key.avsc" if found.key else _key_in_words(found.key_evidence),
        remarks=tuple(remarks),
    )


def _key_in_words(evidence: KeyEvidence | None) -> str:
    if evidence is None or (evidence.field is None and evidence.is_told):
        return "none"
    return evidence.field or "unknown"


def pretty(schema: str) -> str:
    """The text of a schema, or of another JSON value, for people."""
    return json.dumps(json.loads(schema), indent=2, ensure_ascii=False) + "\n"


def _yaml_parts(found: FoundTopic, origin: Origin, remarks: list[str]) -> Iterator[str]:
    topic = found.topic
    yield from (_comment(remark) for remark in remarks)
    yield _yaml(
        description=f"Imported from {origin.cluster_id} on {origin.day}; "
        "say what one record means.",
        owner=origin.owner,
        partitions=topic.partitions,
        replication=topic.replication,
    )
    evidence = found.key_evidence
    if evidence is not None:
        yield _comment(evidence.remark)
        if evidence.field is not None:
            yield _yaml(key=evidence.field)
    is_keyed = found.key is not None or (evidence is not None and evidence.field is not None)
    yield _yaml(
        partitioning="keyed" if is_keyed else "none",
        retention=_retention(topic),
        cleanup=_cleanup(topic),
        compatibility=found.level,
    )
    others = {key: topic.configs[key] for key in sorted(topic.configs) if key not in OWN_CONFIGS}
    if others:
        yield _yaml(configs=others)


def _yaml(**values: Any) -> str:  # noqa: ANN401 - whatever topic.yaml holds
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10_000)


def _comment(text: str) -> str:
    return f"# {' '.join(text.split())}\n"


def _retention(topic: ObservedTopic) -> dict[str, str | int]:
    retention: dict[str, str | int] = {"time": _time(topic.configs.get("retention.ms"))}
    size = topic.configs.get("retention.bytes")
    if size is None:
        retention["size_per_partition"] = "inherited"
    elif size != _NO_LIMIT:
        retention["size_per_partition"] = _size(int(size))
    return retention


def _time(millis: str | None) -> str:
    if millis is None:
        return "inherited"
    if millis == _NO_LIMIT:
        return "forever"
    try:
        text = format_duration(timedelta(milliseconds=int(millis)))
        parse_duration(text)
    except (OverflowError, ValueError):
        raise ValueError(
            f"its retention.ms, {millis}, cannot be written as a duration; set it to a whole "
            "number of seconds, or to -1 for no limit"
        ) from None
    return text


def _size(size: int) -> str | int:
    """In the largest unit that holds it exactly; a size with too many digits as a number."""
    unit, factor = next(
        ((unit, factor) for unit, factor in _SIZES if size and size % factor == 0), ("B", 1)
    )
    text = f"{size // factor}{unit}"
    try:
        parse_size(text)
    except ValueError:
        return size
    return text


def _cleanup(topic: ObservedTopic) -> str:
    policy = topic.configs.get("cleanup.policy")
    if policy is None:
        return "inherited"
    parts = {part.strip() for part in policy.split(",")}
    if parts == {"compact", "delete"}:
        return "compact,delete"
    if len(parts) == 1 and parts <= {"compact", "delete"}:
        return parts.pop()
    raise ValueError(f"its cleanup.policy is {policy!r}, which topic.yaml has no word for")
