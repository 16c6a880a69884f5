"""Load one folder of `schemas/`: topic.yaml, value.avsc and, if there is one, key.avsc."""

from dataclasses import dataclass
from pathlib import Path

from headgate.errors import Finding
from headgate.ids import TopicName
from headgate.spec.avro_check import check_avro_record
from headgate.spec.check_topic import check_columns, check_key, check_topic
from headgate.spec.collecting import Collector
from headgate.spec.declared import DeclaredTopic
from headgate.spec.document import Document
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
    """`value.avsc`, where it is valid."""
    topic: DeclaredTopic | None
    """The topic, where all of it could be read."""


def load_topic(folder: Path, collector: Collector) -> LoadedTopic:
    """What can be read of a topic's folder; the collector takes all that is wrong with it."""
    problem = name_problem(folder.name)
    if problem:
        collector.extend([Finding(folder, 1, problem)])
    collector.extend(_unknown_files(folder))
    document = collector.attempt(read_yaml, folder / TOPIC_FILE)
    spec = collector.attempt(validate, TopicSpec, document) if document else None
    value = _load_schema(folder / VALUE_FILE, collector)
    has_key_file = (folder / KEY_FILE).exists()
    key = _load_schema(folder / KEY_FILE, collector) if has_key_file else None
    name = TopicName(folder.name)
    if value:
        collector.extend(check_columns(value))
    if document is None or spec is None:
        return LoadedTopic(name, value, None)
    collector.extend(check_topic(document, spec, has_key_schema=has_key_file))
    if value is None or (has_key_file and key is None):
        return LoadedTopic(name, value, None)
    collector.extend(check_key(document, spec, value, key))
    key_schema = key.value if key else None
    return LoadedTopic(name, value, DeclaredTopic(name, folder, spec, value.value, key_schema))


def _load_schema(file: Path, collector: Collector) -> Document | None:
    document = collector.attempt(read_json, file)
    if document is None or collector.attempt(as_record, document) is None:
        return None
    findings = check_avro_record(document)
    collector.extend(findings)
    return None if findings else document


def _unknown_files(folder: Path) -> list[Finding]:
    return [
        Finding(file, 1, f"no file of a topic has this name{did_you_mean(file.name, _FILES)}")
        for file in sorted(folder.iterdir())
        if file.suffix in _CHECKED_SUFFIXES and file.name not in _FILES
    ]
