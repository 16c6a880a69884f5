"""Good projects load, and what is loaded is what was written."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from headgate.ids import JobName, TopicName
from headgate.spec.columns import columns_of
from headgate.spec.load import declared_job_names, load_declared, load_topics
from unit.spec.sample_project import JOB_YAML, KEY, PYTHON, SQL, TOPIC, write_project

ROOT = Path(__file__).parents[3]
MINUTES = JobName("minutes")
READINGS = TopicName("readings")


def test_sample_project_loads(tmp_path: Path) -> None:
    declared = load_declared(write_project(tmp_path))
    assert set(declared.topics) == {"readings", "minutes"}
    assert set(declared.jobs) == {"minutes"}  # and not headgate_runtime
    job = declared.jobs[MINUTES]
    assert (job.kind, job.code_file) == ("sql", tmp_path / SQL)
    assert job.spec.sources["readings"].watermark_delay == timedelta(seconds=5)
    assert job.spec.sinks == ("minutes",)
    topic = declared.topics[READINGS]
    assert topic.spec.retention.time == timedelta(days=7)
    assert topic.key_schema is None


def test_empty_project_loads(tmp_path: Path) -> None:
    declared = load_declared(tmp_path)
    assert (declared.topics, declared.jobs) == ({}, {})


def test_python_job_and_key_schema_load(tmp_path: Path) -> None:
    key = '{"type": "record", "name": "K", "fields": [{"name": "device", "type": "string"}]}'
    project = write_project(tmp_path, {SQL: None, PYTHON: "def build(job): ...\n", KEY: key})
    declared = load_declared(project)
    assert declared.jobs[MINUTES].kind == "python"
    assert declared.topics[READINGS].key_schema is not None


def test_windows_line_ends_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = (write_project(tmp_path) / TOPIC).read_text().replace("\n", "\r\n")
    project = write_project(tmp_path, {TOPIC: b"\xef\xbb\xbf" + text.encode()})
    assert load_topics(project)[READINGS].spec.owner == "devices"


def test_start_by_time_loads(tmp_path: Path) -> None:
    change = ("watermark_delay: 5s", "start: 2026-01-31T08:00:00Z")
    job = load_declared(write_project(tmp_path, {JOB_YAML: change})).jobs[MINUTES]
    assert job.spec.sources["readings"].start == datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize("file", [JOB_YAML, SQL])
def test_digest_changes_with_job_yaml_and_code(tmp_path: Path, file: str) -> None:
    before = load_declared(write_project(tmp_path)).jobs[MINUTES].digest
    assert load_declared(tmp_path).jobs[MINUTES].digest == before
    with (tmp_path / file).open("a") as stream:
        stream.write("\n")
    assert load_declared(tmp_path).jobs[MINUTES].digest != before


def test_job_names_are_found_without_reading_files(tmp_path: Path) -> None:
    project = write_project(tmp_path, {JOB_YAML: "{"})
    assert declared_job_names(project) == ("minutes",)


def test_shipped_project_loads() -> None:
    declared = load_declared(ROOT)
    assert len(declared.topics) >= 6
    assert all(columns_of(topic) for topic in declared.topics.values())
    for job in declared.jobs.values():
        first = (job.folder / "job.yaml").read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=../../docs/json-schema/job.json"
