"""A declaration read for another Flink line is the one that a person will have written."""

import json
from pathlib import Path

import pytest
from headgate.ids import FlinkLineName, JobName
from headgate.spec.at_line import at_line
from headgate.spec.declared import DeclaredJob
from headgate.spec.load import load_job_alone

NEW = FlinkLineName("2.10")
PLAIN = """\
# flink: "2.2" stands here too
description: 'It says flink: "2.2".'
owner: tests
flink: "2.2"  # the line
sources: {beats: {event_time: at}}
sinks: [sums]
"""
BARE = PLAIN.replace('flink: "2.2"  #', "flink: '2.2' #")
AS_JSON = json.dumps(
    {
        "description": "flink: 2.2",
        "owner": "tests",
        "flink_configuration": {"flink": "2.2"},
        "flink": "2.2",
        "sources": {"beats": {"event_time": "at"}},
        "sinks": ["sums"],
    }
)


def declared(project: Path, text: str) -> DeclaredJob:
    folder = project / "flink_jobs" / "sums"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.yaml").write_text(text)
    (folder / "job.sql").write_text("INSERT INTO sums SELECT at FROM beats\n")
    loaded = load_job_alone(project, JobName("sums"))
    assert loaded is not None
    assert loaded.job is not None
    return loaded.job


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        (PLAIN, PLAIN.replace('\nflink: "2.2"', '\nflink: "2.10"')),
        (BARE, BARE.replace("\nflink: '2.2'", "\nflink: '2.10'")),
        (AS_JSON, AS_JSON.replace('"flink": "2.2", "sources"', '"flink": "2.10", "sources"')),
    ],
)
def test_digest_is_that_of_the_edited_file(tmp_path: Path, text: str, edited: str) -> None:
    assert edited != text
    moved = at_line(declared(tmp_path, text), NEW)
    written = declared(tmp_path, edited)
    assert (moved.spec.flink, moved.digest) == (NEW, written.digest)
    assert moved == written


def test_same_line_is_the_same_job(tmp_path: Path) -> None:
    job = declared(tmp_path, PLAIN)
    assert at_line(job, FlinkLineName("2.2")) is job
