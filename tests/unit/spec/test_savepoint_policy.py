"""`savepoint:` in job.yaml: one schedule that comes due, and errors with file and line."""

from pathlib import Path

import pytest
from headgate.errors import Finding
from headgate.spec.check_savepoint_policy import check_savepoint_policy
from headgate.spec.job import SavepointPolicy
from headgate.spec.read_yaml import read_yaml
from headgate.spec.strict import Strict
from headgate.spec.validate import validate


class _Job(Strict):
    savepoint: SavepointPolicy


def findings(tmp_path: Path, *lines: str) -> list[tuple[int, str]]:
    file = tmp_path / "job.yaml"
    file.write_text("\n".join(["savepoint:", *(f"  {line}" for line in lines)]) + "\n")
    document = read_yaml(file)
    policy = validate(_Job, document).savepoint
    found: list[Finding] = list(check_savepoint_policy(document, policy))
    assert all(one.file == file for one in found)
    return [(one.line, one.message) for one in found]


@pytest.mark.parametrize(
    "expression",
    ["30 2 * * *", "*/5 * * * *", "@hourly", "@daily", "0 0 29 2 *", "0 9-17 * * mon-fri"],
)
def test_cron_that_comes_due_is_taken(tmp_path: Path, expression: str) -> None:
    assert findings(tmp_path, "keep: 3", f"cron: '{expression}'") == []


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("2 * * *", "must have five fields"),
        ("0 30 2 * * *", "must have five fields"),
        ("61 * * * *", "never|not acceptable|comes due"),
        ("0 0 30 2 *", "comes due"),
        ("H 2 * * *", "chance"),
        ("R 2 * * *", "chance"),
        ("@sometimes", "comes due"),
        ("a b c d e", "comes due"),
    ],
)
def test_cron_that_never_comes_due_is_refused_with_its_line(
    tmp_path: Path, expression: str, words: str
) -> None:
    ((line, message),) = findings(tmp_path, "keep: 3", f"cron: '{expression}'")

    assert line == 3
    assert message.startswith("savepoint.cron: ")
    assert any(word in message for word in words.split("|"))


def test_every_and_cron_exclude_each_other(tmp_path: Path) -> None:
    ((line, message),) = findings(tmp_path, "every: 1h", "cron: '@hourly'")

    assert (line, "exclude each other" in message) == (3, True)


@pytest.mark.parametrize(
    ("given", "line"), [("every: 0s", 2), ("every: 9s", 2), ("max_age: 0d", 2)]
)
def test_nothing_is_no_time(tmp_path: Path, given: str, line: int) -> None:
    ((found, message),) = findings(tmp_path, given)

    assert found == line
    assert "must be" in message
