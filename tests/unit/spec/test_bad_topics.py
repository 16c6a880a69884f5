"""Wrong topic folders: each is refused with the place and words that help."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from headgate.ids import TopicName
from headgate.spec.load import load_topics
from unit.spec.findings import findings_of
from unit.spec.sample_project import KEY, READINGS_TOPIC, TOPIC, VALUE, Change, write_project

RECORD = '{"type": "record", "name": "R", "fields": [\n'
DEVICE = '{"name": "device", "type": "string"}'
AT = '{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}'

TOPIC_YAML: list[tuple[Change, int, str]] = [
    (("owner: devices", "ownr: devices"), 2, "unknown key 'ownr'; did you mean 'owner'?"),
    (("owner: devices\n", ""), 1, "'owner' is missing: Team or person to ask."),
    (("partitions: 4", "partitions: 0"), 3, "greater than or equal to 1, not 0"),
    (("partitions: 4", 'partitions: "4"'), 3, 'must be a whole number, not "4"'),
    (("partitions: 4", "partitions: true"), 3, "must be a whole number, not true"),
    (("partitions: 4", "partitions: 4.5"), 3, "must be a whole number, not 4.5"),
    (("partitions: 4", "partitions: 4\nreplication: -1"), 4, "replication: must be greater"),
    (("partitioning: keyed", "partitioning: key"), 5, "did you mean 'keyed'?"),
    (("key: device\n", ""), 4, "partitioning is 'keyed', but there is no key"),
    (("key: device", "key: devise"), 4, "no field 'devise'; did you mean 'device'?"),
    (("key: device", "key: note"), 4, "may be null"),
    (("key: device", "key: value"), 4, "is not a string"),
    (("time: 7d", "time: 7"), 7, "7 is not a duration"),
    (("time: 7d", "time: 7 days"), 7, "'7 days' is not a duration"),
    (("time: 7d", "time: 99999999999999999999999d"), 7, "too long"),
    (("time: 7d", "tme: 7d"), 7, "retention: unknown key 'tme'; did you mean 'time'?"),
    (("time: 7d", "size_per_partition: 7GB"), 7, "is not a size"),
    (("retention:\n  time: 7d", "retention: 7d"), 6, "must be a mapping"),
    (("compression.type: lz4", "compression.type: 4"), 9, 'put it in quotes: "4"'),
    (("compression.type: lz4", "unclean: no"), 9, "need quotes to be text"),
    (("compression.type: lz4", 'retention.ms: "1"'), 9, "is set by 'retention.time'"),
    (("compression.type: lz4", 'min.insync.replicas: "2"'), 9, "replication factor, 1"),
    (("time: 7d", "time: 7d\ncleanup: compress"), 8, "cleanup: must be 'delete'"),
    (("time: 7d", "time: inherit"), 7, "'inherit' is not a duration"),
    (("time: 7d", "time: inherit"), 7, "or forever, or inherited"),
    (("time: 7d", "size_per_partition: forever"), 7, "is not a size"),
    (("compression.type: lz4", 'cleanup.policy: "delete"'), 9, "is set by 'cleanup'"),
    (("owner: devices", "owner: devices\ncompatibility: FULLY"), 3, "did you mean 'FULL'?"),
    (("owner: devices", "owner: devices\ndeletion: true"), 3, "deletion: must be a mapping"),
    (("owner: devices", "owner: devices\ndeletion: {}"), 3, "'reason' is missing"),
    (
        ("owner: devices", "owner: devices\nallow_repartition: {reason: r, until: 86400}"),
        3,
        "until: must be a date (2026-01-31), not 86400",
    ),
    (
        ("owner: devices", 'owner: devices\ndeletion: {reason: ""}'),
        3,
        "deletion.reason: must not be empty",
    ),
    (("owner: devices", "owner: devices\nallow_repartition: true"), 3, "must be a mapping"),
    (
        ("owner: devices", "owner: devices\nallow_repartition: {reason: r}"),
        3,
        "allow_repartition: 'until' is missing",
    ),
    (
        ("owner: devices", "owner: devices\nallow_repartition: {reason: r, until: soon}"),
        3,
        'allow_repartition.until: must be a date (2026-01-31), not "soon"',
    ),
    (
        ("owner: devices", "owner: devices\nallow_repartition: {reason: r, until: 2026-02-30}"),
        3,
        "until: must be a date",
    ),
    (("owner: devices", "owner: devices\nowner: others"), 3, "twice; first in line 2"),
    (("owner: devices", "owner: [devices"), 3, "not YAML"),
    (("owner: devices", "owner: x\n\tpartitions: 1"), 3, "a tab stands where only spaces"),
    (("owner: devices", "owner: &a devices\nkey2: *a"), 2, "anchors and aliases"),
    (("owner: devices", "owner: !!python/object:os.system x"), 2, "is not supported"),
    (("owner: devices", "? [a, b]\n: c"), 2, "a key must be plain text"),
    ("", 1, "the file is empty"),
    ("# only a comment\n", 1, "the file is empty"),
    ("- a\n- b\n", 1, "must be a mapping"),
    ("just text\n", 1, "must be a mapping"),
    ("a: 1\n---\nb: 2\n", 2, "not YAML: but found another document"),
    (b"owner: devices\nkey: \xff\n", 2, "not UTF-8"),
    (b"owner: devices\nkey: a\x00b\n", 2, "U+0000"),
    (None, 1, "the file is missing"),
]

VALUE_AVSC: list[tuple[Change, int, str]] = [
    (('{\n  "type"', "{\n  type"), 2, "not JSON: Expecting property name"),
    (('"type": "record"', '"type": "recrd"'), 2, "type record is expected"),
    (('"double"', '"dobule"'), 7, "unknown type 'dobule'; did you mean 'double'?"),
    (('"name": "value"', '"name": "device"'), 7, "the field 'device' stands twice"),
    (('"name": "value"', '"name": "my-value"'), 7, "'my-value' is not a field name"),
    (('"default": null', '"default": "x"'), 8, "does not fit: 'x' is not of type null"),
    (('"default": null', '"default": null, "default": null'), 8, "twice in one object"),
    (('["null", "string"]', '["null", "string", "int"]'), 8, "null with one other type"),
    (('["null", "string"]', '["null", "null"]'), 8, "stands twice in one union"),
    (('"name": "Reading"', '"name": "Sensor Reading"'), 3, "is not a name"),
    (('"io.example"', '"io..example"'), 4, "is not a namespace"),
    (('"timestamp-millis"', '"timestamp-micros"'), 9, "use timestamp-millis"),
    (('"double"', '{"type": "array"}'), 7, "'items' is missing"),
    (('"double"', '{"type": "enum", "name": "E", "symbols": ["a", "a"]}'), 7, "'a' stands twice"),
    (('"double"', '{"type": "fixed", "name": "F", "size": 0}'), 7, "whole number above 0"),
    (('"double"', '{"type": "bytes", "logicalType": "decimal"}'), 7, "needs a 'precision'"),
    (
        ('"double"', '{"type": "bytes", "logicalType": "decimal", "precision": 40}'),
        7,
        "at most 38 digits",
    ),
    (('"double"', '{"type": "record", "name": "R", "fields": []}'), 7, "at least one field"),
    (
        ('"double"', '{"type": "record", "name": "R", "fields": [{"name": "r", "type": "R"}]}'),
        7,
        "contains itself",
    ),
    (('"double"', '"double", "default": "x"'), 7, "does not fit: 'x' is not of type double"),
    (('"double"', '"double", "default": NaN'), 1, "NaN is not a JSON number"),
    (('"double"', "7"), 7, "7 is not an Avro type"),
    (('"fields"', '"felds"'), 1, "'fields' must be a list"),
    (("}", ""), 12, "not JSON"),
    ("[" * 100_000, 1, "nesting is too deep"),
    ("", 1, "the file is empty"),
    ('"string"', 1, "type record is expected"),
    (None, 1, "the file is missing"),
]


@pytest.mark.parametrize(("change", "line", "words"), TOPIC_YAML)
def test_topic_yaml_is_refused(tmp_path: Path, change: Change, line: int, words: str) -> None:
    findings = findings_of(write_project(tmp_path, {TOPIC: change}))
    assert any(file == TOPIC and at == line and words in text for file, at, text in findings), (
        findings
    )


def test_all_keys_of_a_topic_can_be_written(tmp_path: Path) -> None:
    text = (
        READINGS_TOPIC.replace("time: 7d", "time: inherited\n  size_per_partition: inherited")
        + "cleanup: inherited\ncompatibility: FULL\nreplication: 3\n"
        + "allow_repartition: {reason: readers only count, until: 2026-03-10}\n"
        + "deletion: {reason: replaced}\n"
    )

    spec = load_topics(write_project(tmp_path, {TOPIC: text}))[TopicName("readings")].spec

    assert (spec.retention.time, spec.retention.size_per_partition) == ("inherited", "inherited")
    assert (spec.cleanup, spec.compatibility) == ("inherited", "FULL")
    assert spec.allow_repartition is not None
    assert spec.allow_repartition.until == date(2026, 3, 10)
    assert spec.deletion is not None
    assert spec.deletion.reason == "replaced"


@pytest.mark.parametrize(("change", "line", "words"), VALUE_AVSC)
def test_value_avsc_is_refused(tmp_path: Path, change: Change, line: int, words: str) -> None:
    if change == ("}", ""):
        text = write_project(tmp_path).joinpath(VALUE).read_text().rstrip()
        change = text[:-1] + "\n"
        line = text.count("\n") + 2
    findings = findings_of(write_project(tmp_path, {VALUE: change}))
    assert any(file == VALUE and at == line and words in text for file, at, text in findings), (
        findings
    )


@pytest.mark.parametrize(
    ("key", "line", "words"),
    [
        (RECORD + '{"name": "devise", "type": "string"}]}', 2, "did you mean 'device'?"),
        (RECORD + '{"name": "device", "type": "long"}]}', 2, "another type in value.avsc"),
        (RECORD + '{"name": "note", "type": ["null", "string"]}]}', 2, "may be null"),
        (RECORD + "]}", 1, "at least one field"),
    ],
)
def test_key_avsc_is_refused(tmp_path: Path, key: str, line: int, words: str) -> None:
    findings = findings_of(write_project(tmp_path, {KEY: key}))
    assert any(file == KEY and at == line and words in text for file, at, text in findings), (
        findings
    )


@pytest.mark.parametrize(
    ("changes", "file", "words"),
    [
        ({"schemas/a;b/topic.yaml": "owner: x\n"}, "schemas/a;b", "'a;b' is not a name"),
        ({"schemas/Upper/topic.yaml": "owner: x\n"}, "schemas/Upper", "is not a name"),
        ({f"schemas/{'a' * 81}/topic.yaml": "owner: x\n"}, f"schemas/{'a' * 81}", "longer than"),
        ({"schemas/readings/topic.yml": "x: 1\n"}, "schemas/readings/topic.yml", "did you mean"),
        ({"schemas/readings/values.avsc": "{}"}, "schemas/readings/values.avsc", "'value.avsc'?"),
    ],
)
def test_topic_folder_is_refused(
    tmp_path: Path, changes: Mapping[str, Change], file: str, words: str
) -> None:
    findings = findings_of(write_project(tmp_path, changes))
    assert any(where == file and words in text for where, _, text in findings), findings
