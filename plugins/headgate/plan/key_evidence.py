"""Which field of the value is the key of a topic's records, told from a sample of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.spec.avro_names import is_nullable, logical_type
from headgate.spec.declared import AvroSchema


@dataclass(frozen=True)
class KeySample:
    """Some committed records of a topic."""

    records: tuple[tuple[bytes | None, Mapping[str, Any]], ...]
    """Key and decoded value of each."""
    undecodable: int = 0
    """Records of the sample whose value is not Avro of the registry."""
    is_whole: bool = True
    """False where time ran out before the sample was complete."""


@dataclass(frozen=True)
class KeyEvidence:
    """What a sample says about the key."""

    field: str | None
    """The field whose text is the key of every record; None where there is none, or no key."""
    remark: str
    """For people: what was looked at, and what it shows."""
    is_told: bool = True
    """Whether the sample answers the question; a topic without keys is an answer."""


def key_evidence(sample: KeySample, value: AvroSchema) -> KeyEvidence:
    """The field that equals every key. Only a text field that is never null can be one."""
    count = len(sample.records)
    if not count:
        return untold(_nothing_to_see(sample))
    seen = _counted(count)
    if not sample.is_whole:
        seen += " (no more came in time)"
    keyed = sum(key is not None for key, _ in sample.records)
    if not keyed:
        return KeyEvidence(None, f"No key: {seen} had none.")
    if keyed < count:
        return untold(f"of {seen}, {keyed} had a key and {count - keyed} none")
    fields = [name for name in _text_fields(value) if _is_every_key(name, sample.records)]
    if not fields:
        return untold(f"no text field equals the keys of {seen}")
    remark = f"The key of {seen} was the text of {fields[0]}"
    if fields[1:]:
        return KeyEvidence(fields[0], f"{remark}, but also of {', '.join(fields[1:])}: choose one.")
    return KeyEvidence(fields[0], f"{remark}.")


def untold(why: str) -> KeyEvidence:
    """The answer where the key remains open."""
    return KeyEvidence(
        None,
        f"The key could not be told: {why}. If a text field is the key, write `key: FIELD` and "
        "`partitioning: keyed`; until then nothing guards the order per key.",
        is_told=False,
    )


def _nothing_to_see(sample: KeySample) -> str:
    if sample.undecodable:
        return f"the values of {_counted(sample.undecodable)} are not Avro of the registry"
    return "the topic was empty" if sample.is_whole else "no record came in time"


def _counted(count: int) -> str:
    return f"{count} records looked at" if count != 1 else "1 record looked at"


def _text_fields(value: AvroSchema) -> list[str]:
    return [
        field["name"]
        for field in value["fields"]
        if not is_nullable(field["type"]) and logical_type(field["type"])[0] == "string"
    ]


def _is_every_key(field: str, records: Sequence[tuple[bytes | None, Mapping[str, Any]]]) -> bool:
    return all(
        isinstance(value.get(field), str) and value[field].encode() == key for key, value in records
    )
