"""Wrong job folders: each is refused with the place and words that help."""

from pathlib import Path

import pytest
from unit.spec.findings import findings_of
from unit.spec.sample_project import (
    JOB,
    JOB_SQL,
    JOB_YAML,
    PYTHON,
    SQL,
    TOPIC,
    VALUE,
    Change,
    write_project,
)

YAML: list[tuple[Change, int, str]] = [
    (('flink: "2.2"', "flink: 2.2"), 3, 'put it in quotes: "2.2"'),
    (('flink: "2.2"', 'flink: "2"'), 3, "'2' is not a Flink line"),
    (("  readings:", "  readngs:"), 5, "no topic 'readngs' (schemas/readngs/); did you mean"),
    (("  readings:", "  ../x:"), 5, "'../x' is not a name"),
    (("  - minutes", "  - minuets"), 9, "did you mean 'minutes'?"),
    (("  - minutes", "  - a;b"), 9, "'a;b' is not a name"),
    (("  - minutes", "  - minutes\n  - minutes"), 10, "'minutes' stands twice"),
    (("  - minutes", "  - readings"), 9, "is also a source"),
    (("sinks:\n  - minutes", "sinks: []"), 8, "must not be empty"),
    (("sinks:\n  - minutes", "sinks: minutes"), 8, "must be a list"),
    (("    event_time: at\n", ""), 5, "'event_time' is missing"),
    (("event_time: at", "event_time: att"), 6, "has no field 'att'; did you mean 'at'?"),
    (("event_time: at", "event_time: device"), 6, "is not a timestamp-millis"),
    (("event_time: at", "event_time: note"), 6, "may be null"),
    (("watermark_delay: 5s", "watermark_delay: 5"), 7, "5 is not a duration"),
    (("watermark_delay: 5s", "watermark_dely: 5s"), 7, "did you mean 'watermark_delay'?"),
    (("watermark_delay: 5s", "start: yesterday"), 7, "'yesterday' is not a start"),
    (("watermark_delay: 5s", "start: 2026-01-31 08:00:00"), 7, "a time with its zone"),
    (("parallelism: 2", "parallelism: 256"), 11, "greater than max_parallelism 128"),
    (("parallelism: 2", "delivery: exactly_once"), 11, "did you mean 'exactly-once'?"),
    (("parallelism: 2", "transaction_timeout: 16m"), 11, "at most 15m"),
    (("parallelism: 2", "transaction_timeout: 2s"), 11, "longer than checkpoint_interval"),
    (("checkpoint_interval: 2s", "checkpoint_interval: 11m"), 10, "must be longer than"),
    (("checkpoint_interval: 2s", "checkpoint_interval: 0s"), 10, "at least 100ms"),
    (("parallelism: 2", "savepoint: {every: 0s}"), 11, "must be at least 10s"),
    (("parallelism: 2", "upgrade: {rehearse: maybe}"), 11, "must be true or false"),
    (("parallelism: 2", "health: {checkpoints: 0}"), 11, "greater than or equal to 1"),
    (("parallelism: 2", "handover: {bound: {minuets: at}}"), 11, "did you mean 'minutes'?"),
    (("parallelism: 2", "handover: {bound: {minutes: at}}"), 11, "'minutes' has no field 'at'"),
    (("parallelism: 2", "handover: {bound: {minutes: device}}"), 11, "is not a timestamp-millis"),
    (("table.exec.mini-batch.enabled", "execution.checkpointing.interval"), 13, "checkpoint_int"),
    (("table.exec.mini-batch.enabled", "execution.checkpointing.dir"), 13, "`state` folder"),
    (("table.exec.mini-batch.enabled", "python.client.executable"), 13, "the Flink line"),
    (("table.exec.mini-batch.enabled", "execution.state-recovery.path"), 13, "what a job restores"),
    (("table.exec.mini-batch.enabled", "parallelism.default"), 13, "set `parallelism`"),
    (("table.exec.mini-batch.enabled", "taskmanager.memory.size"), 13, "belongs to the cluster"),
    (('"true"', "true"), 13, "need quotes to be text"),
    (JOB.replace("owner", "onwer").replace("sinks", "sink"), 8, "unknown key 'sink'"),
    ("{", 1, "not YAML"),
    (None, 1, "the file is missing"),
]


@pytest.mark.parametrize(("change", "line", "words"), YAML)
def test_job_yaml_is_refused(tmp_path: Path, change: Change, line: int, words: str) -> None:
    findings = findings_of(write_project(tmp_path, {JOB_YAML: change}))
    assert any(file == JOB_YAML and at == line and words in text for file, at, text in findings), (
        findings
    )


@pytest.mark.parametrize(
    ("sql", "line", "words"),
    [
        ("", 1, "holds no statement"),
        ("-- INSERT INTO minutes SELECT 1;\n/* ; */", 1, "holds no statement"),
        ("\nSET 'a' = 'b';" + JOB_SQL, 2, "SET is not allowed"),
        (JOB_SQL + "CREATE TABLE x (a INT);", 6, "CREATE is not allowed"),
        (JOB_SQL + "drop table x;", 6, "DROP is not allowed"),
        (JOB_SQL + JOB_SQL, 7, "written twice, first in line 2"),
        ("SELECT 1;", 1, "INSERT INTO a sink SELECT"),
        ("INSERT INTO minuets SELECT 1", 1, "did you mean 'minutes'?"),
        ("INSERT INTO a.minutes SELECT 1", 1, "without a catalog"),
        ("INSERT OVERWRITE minutes SELECT 1", 1, "INSERT is not allowed"),
        ("INSERT INTO minutes\nSELECT 'a;b", 2, "' is never closed"),
        ("INSERT INTO minutes SELECT 1\n/* never", 2, "/* is never closed"),
        ("INSERT INTO", 1, "must name a sink's table"),
        ("EXECUTE STATEMENT SET BEGIN", 1, "one statement set"),
    ],
)
def test_job_sql_is_refused(tmp_path: Path, sql: str, line: int, words: str) -> None:
    findings = findings_of(write_project(tmp_path, {SQL: sql}))
    assert any(file == SQL and at == line and words in text for file, at, text in findings), (
        findings
    )


def test_sink_without_insert_is_refused(tmp_path: Path) -> None:
    changes: dict[str, Change] = {
        "schemas/hours/topic.yaml": "description: x\nowner: y\npartitions: 1\nkey: device\n",
        "schemas/hours/value.avsc": (write_project(tmp_path) / VALUE).read_text(),
        JOB_YAML: ("  - minutes", "  - minutes\n  - hours"),
    }
    findings = findings_of(write_project(tmp_path, changes))
    assert findings == [
        (SQL, 1, "nothing is written to the sink 'hours': INSERT INTO hours is missing")
    ]


def test_hyphen_of_a_topic_is_explained(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    (project / "schemas/minutes").rename(project / "schemas/device-minutes")
    (project / JOB_YAML).write_text(JOB.replace("- minutes", "- device-minutes"))
    (project / SQL).write_text("INSERT INTO device-minutes SELECT 1")
    ((file, line, text),) = findings_of(project)
    assert (file, line) == (SQL, 1)
    assert "write device_minutes" in text


def test_job_with_sql_and_python_is_refused(tmp_path: Path) -> None:
    findings = findings_of(write_project(tmp_path, {PYTHON: "x = 1\n"}))
    assert findings == [(SQL, 1, "job.py is here too; keep one of them")]


def test_job_without_code_is_refused(tmp_path: Path) -> None:
    findings = findings_of(write_project(tmp_path, {SQL: None}))
    assert findings == [(JOB_YAML, 1, "beside it job.sql or job.py is missing")]


def test_misspelt_job_file_is_refused(tmp_path: Path) -> None:
    findings = findings_of(write_project(tmp_path, {"flink_jobs/other/job.yml": JOB}))
    assert ("flink_jobs/other/job.yml", 1) in [(file, line) for file, line, _ in findings]


def test_topic_written_by_two_jobs_is_refused_in_both(tmp_path: Path) -> None:
    changes: dict[str, Change] = {
        "flink_jobs/twin/job.yaml": JOB,
        "flink_jobs/twin/job.sql": JOB_SQL,
    }
    findings = findings_of(write_project(tmp_path, changes))
    assert [(file, line) for file, line, _ in findings] == [
        (JOB_YAML, 9),
        ("flink_jobs/twin/job.yaml", 9),
    ]
    assert all("'minutes'" in text and "'twin'" in text for _, _, text in findings)


def test_sink_with_fixed_is_refused(tmp_path: Path) -> None:
    value = ('"long"', '{"type": "fixed", "name": "F", "size": 4}')
    findings = findings_of(write_project(tmp_path, {"schemas/minutes/value.avsc": value}))
    assert [(file, line) for file, line, _ in findings] == [(JOB_YAML, 9)]
    assert "cannot be written: field 'readings'" in findings[0][2]


def test_all_errors_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    changes: dict[str, Change] = {
        TOPIC: ("owner: devices", "ownr: devices"),
        VALUE: ('"double"', '"dobule"'),
        JOB_YAML: ("event_time: at", "event_time: at\n    x: 1"),
        SQL: "DROP TABLE x",
        "flink_jobs/python/job.yaml": JOB.replace("readings", "absent").replace("minutes", "gone"),
        "flink_jobs/python/job.py": "stream.key_by(f)\n",
        "flink_jobs/a b/job.yaml": "",
    }
    files = {file for file, _, _ in findings_of(write_project(tmp_path, changes))}
    assert files == {
        TOPIC,
        VALUE,
        JOB_YAML,
        SQL,
        "flink_jobs/python/job.yaml",
        "flink_jobs/python/job.py",
        "flink_jobs/a b",
        "flink_jobs/a b/job.yaml",
    }
