"""From a topic's registered schemas to what encodes and decodes its records.

Subjects are `<topic>-value` and `<topic>-key` (the topic name strategy).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from headgate.clients.observed import RegisteredSchema
from headgate.clients.records.wire_format import Decoder, Encoder, Undecodable
from headgate.clients.registry import Registry
from headgate.errors import Rejected
from headgate.ids import TopicName
from headgate.spec.declared import DeclaredTopic

KeyOf = Callable[[Mapping[str, Any]], bytes | None]
"""The key of a record with this value; None for topics without keys."""


def value_schema(registry: Registry, topic: TopicName) -> RegisteredSchema:
    """The newest registered schema of a topic's values. Raises `Rejected` where there is none."""
    return _latest(registry, f"{topic}-value")


def encoder_of(schema: RegisteredSchema) -> Encoder:
    """What encodes values by this schema."""
    return Encoder(schema.id, schema.whole_text)


def key_of(registry: Registry, topic: DeclaredTopic) -> KeyOf:
    """How keys are made: as `topic.yaml` and `key.avsc` say.

    Without `key.avsc` a key is the key field as UTF-8 text. With it, it is an Avro record whose
    fields are taken from the value's fields of the same names.
    """
    field = topic.spec.key
    if topic.key_schema is not None:
        schema = _latest(registry, f"{topic.name}-key")
        encode = encoder_of(schema)
        names = [part["name"] for part in json.loads(schema.whole_text)["fields"]]
        return lambda value: encode({name: value[name] for name in names})
    if field is None:
        return lambda _value: None
    return lambda value: str(value[field]).encode()


def key_as_text(key: bytes | None, decoder: Decoder) -> str | None:
    """A key as people read it: text, or the fields of an Avro key, or hexadecimal digits."""
    if key is None:
        return None
    if key[:1] == b"\0":
        try:
            return json.dumps(decoder(key), default=str)
        except (Undecodable, Rejected):
            return key.hex()
    try:
        return key.decode()
    except UnicodeDecodeError:
        return key.hex()


def _latest(registry: Registry, subject: str) -> RegisteredSchema:
    schema = registry.latest(subject)
    if schema is None:
        raise Rejected(
            f"the registry holds no schema for subject {subject}",
            still_true="Nothing was written.",
            next_step="headgate apply registers the declared schemas",
        )
    return schema
