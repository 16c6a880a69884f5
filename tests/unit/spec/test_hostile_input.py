"""Files made to hurt are refused quickly, with a place."""

import time
from pathlib import Path

import pytest
from unit.spec.findings import findings_of
from unit.spec.sample_project import JOB_YAML, PYTHON, SQL, TOPIC, VALUE, write_project

SECONDS = 20
"""Far more than is needed on a busy machine, far less than an expansion would take."""

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        (TOPIC, b"description: " + b"x" * 10_000_000, "larger than 256 KiB"),
        (TOPIC, BOMB.encode(), "anchors and aliases"),
        (TOPIC, b"a: &a [*a]\n", "anchors and aliases"),
        (TOPIC, b"a: " + b"[" * 200_000, "nesting is too deep"),
        (TOPIC, b"".join(b" " * n + b"a:\n" for n in range(600)), "nesting is too deep"),
        (TOPIC, b"\x00" * 1000, "U+0000"),
        (TOPIC, b"a: \x1b[31m", "U+001B"),
        (TOPIC, "a: \ud800".encode("utf-16-le", "surrogatepass"), "not UTF-8"),
        (TOPIC, b"a: " + b"9" * 100_000, "is not a value of type int"),
        (TOPIC, b"partitions: " + b"9" * 4_000, "partitions"),
        (TOPIC, b"a: 2026-99-99\n", "unknown key"),
        (TOPIC, b"a: 1:99:99999999999999999999\n", "unknown key"),
        (VALUE, b"[" * 200_000, "nesting is too deep"),
        (VALUE, b'{"a":' * 40_000, "nesting is too deep"),
        (VALUE, b'{"type": "' + b"x" * 10_000_000, "larger than"),
        (VALUE, b"9" * 100_000, "not JSON"),
        (JOB_YAML, b"%YAML 9.9\n---\na: 1\n", "not YAML"),
        (SQL, b"'" * 200_001, "never closed"),
        (SQL, b"/*" * 100_000, "never closed"),
        (SQL, b"INSERT INTO minutes SELECT 1\x00", "U+0000"),
    ],
)
def test_hostile_file_is_refused_without_hanging(
    tmp_path: Path, file: str, content: bytes, words: str
) -> None:
    project = write_project(tmp_path, {file: content})
    before = time.monotonic()
    findings = findings_of(project)
    assert time.monotonic() - before < SECONDS
    assert any(where == file and words in text for where, _, text in findings), [
        (where, line, text[:200]) for where, line, text in findings
    ]
    assert all(len(text) < 1000 for _, _, text in findings)


def test_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    project = write_project(tmp_path, {TOPIC: None})
    (project / TOPIC).mkdir()
    assert (TOPIC, 1, "this is not a file") in findings_of(project)


def test_deep_python_is_refused_without_crash(tmp_path: Path) -> None:
    source = "x = " + "+".join(["a"] * 60_000)
    project = write_project(tmp_path, {SQL: None, PYTHON: source})
    assert [(file, line) for file, line, _ in findings_of(project)] == [(PYTHON, 1)]
