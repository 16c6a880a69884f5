"""Load one folder of `schemas/`: topic.yaml, value.avsc and, if there is one, key.avsc."""

from dataclasses import dataclass
from pathlib import Path

from headgate.errors import Finding
from headgate.ids import TopicName
from headgate.spec.avro_check import check_avro_record
from headgate.spec.avro_inlining import inlined, types_used
from headgate.spec.check_topic import check_columns, check_key, check_topic
from headgate.spec.collecting import Collector
from headgate.spec.declared import DeclaredTopic
from headgate.spec.document import Document
from headgate.spec.load_types import LoadedTypes
from headgate.spec.names import name_problem
from headgate.spec.read_json import as_record, read_json
from headgate.spec.read_yaml import read_yaml
from headgate.spec.suggestion import did_you_mean
from headgate.spec.topic import TopicSpec
from headgate.spec.validate import validate

TOPIC_FILE, VALUE_FILE, KEY_FILE = "topic.yaml", "value.avsc", "key.avsc"
_FILES = (TOPIC_FILE, VALUE_FILE, KEY_FILE)
_CHECKED_SUFFIXES = {".yaml", ".yml", ".avsc", ".json"}


@dataclass(frozen=True)
class LoadedTopic:
    """What could be read of a topic, with its places, so that later checks know the lines."""

    name: TopicName
    value: Document | None
    """`value.avsc` with declared types in their places, where it is valid."""
    topic: DeclaredTopic | None
    """The topic, where all of it could be read."""
    uses: frozenset[str] | None = frozenset()
    """Declared types that value.avsc and key.avsc name; None where one cannot be read."""


@dataclass(frozen=True)
class _LoadedSchema:
    written: Document
    whole: Document | None
    uses: tuple[str, ...]


_NO_TYPES = LoadedTypes()


def load_topic(folder: Path, collector: Collector, types: LoadedTypes = _NO_TYPES) -> LoadedTopic:
    """What can be read of a topic's folder; the collector takes all that is wrong with it."""
    problem = name_problem(folder.name)
    if problem:
        collector.extend([Finding(folder, 1, problem)])
    collector.extend(_unknown_files(folder))
    document = collector.attempt(read_yaml, folder / TOPIC_FILE)
    spec = collector.attempt(validate, TopicSpec, document) if document else None
    value = _load_schema(folder / VALUE_FILE, collector, types)
    has_key_file = (folder / KEY_FILE).exists()
    key = _load_schema(folder / KEY_FILE, collector, types) if has_key_file else None
    name = TopicName(folder.name)
    whole = value.whole if value else None
    uses = _uses(value, key, has_key_file=has_key_file)
    if whole:
        collector.extend(check_columns(whole))
    if document is None or spec is None:
        return LoadedTopic(name, whole, None, uses)
    collector.extend(check_topic(document, spec, has_key_schema=has_key_file))
    whole_key = key.whole if key else None
    if value is None or whole is None or (has_key_file and whole_key is None):
        return LoadedTopic(name, whole, None, uses)
    collector.extend(check_key(document, spec, whole, whole_key))
    topic = DeclaredTopic(
        name,
        folder,
        spec,
        whole.value,
        whole_key.value if whole_key else None,
        value.written.value if value.uses else None,
        types.needed_by(value.uses),
    )
    return LoadedTopic(name, whole, topic, uses)


def _load_schema(file: Path, collector: Collector, types: LoadedTypes) -> _LoadedSchema | None:
    document = collector.attempt(read_json, file)
    if document is None or collector.attempt(as_record, document) is None:
        return None
    findings = check_avro_record(document, types.known)
    collector.extend(findings)
    uses = types_used(document.value, types.known.names)
    needed = types.needed_by(uses)
    if findings or not {*uses} <= {one.name for one in needed}:
        return _LoadedSchema(document, None, uses)
    schema = inlined(document.value, {one.name: one.schema for one in needed})
    return _LoadedSchema(document, Document(file, schema, document.lines), uses)


def _uses(
    value: _LoadedSchema | None, key: _LoadedSchema | None, *, has_key_file: bool
) -> frozenset[str] | None:
    if value is None or (has_key_file and key is None):
        return None
    return frozenset((*value.uses, *(key.uses if key else ())))


def _unknown_files(folder: Path) -> list[Finding]:
    return [
        Finding(file, 1, f"no file of a topic has this name{did_you_mean(file.name, _FILES)}")
        for file in sorted(folder.iterdir())
        if file.suffix in _CHECKED_SUFFIXES and file.name not in _FILES
    ]
