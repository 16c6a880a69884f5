"""`operations`, `resume`, `abandon` and the completion of ids, on a ledger without a server."""

import json
from pathlib import Path

import pytest
from headgate.cli import console
from headgate.cli.main import build_app
from headgate.cli.operation_ids import _any, _open
from headgate.clock import SYSTEM_CLOCK
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.database import open_database
from headgate.ledger.ledger import Ledger
from typer.testing import CliRunner, Result

JOB = JobName("device-minutes")
TOML = """\
default = "local"
[environments.local]
state = "{folder}/state"
artefacts = "{folder}/artefacts"
ledger = "sqlite:///{folder}/ledger.sqlite"
kafka = {{ "bootstrap.servers" = "127.0.0.1:1" }}
registry = {{ url = "http://127.0.0.1:1" }}
[environments.local.flink."2.3"]
rest = "http://127.0.0.1:1"
python = "/python"
"""


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    (tmp_path / "headgate.toml").write_text(TOML.format(folder=tmp_path))
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))
    monkeypatch.delenv("HEADGATE_ENV", raising=False)
    monkeypatch.setattr(console.out, "width", 200)
    ledger = Ledger(open_database(f"sqlite:///{tmp_path}/ledger.sqlite"), SYSTEM_CLOCK)
    ended = ledger.open_operation(
        OperationId("a1"), "stop", JOB, {}, surface="test", holder="elsewhere:1"
    )
    ledger.end_operation(
        ended, "needs_operator", reason="no savepoint", next_step="headgate deploy device-minutes"
    )
    lease = ledger.open_operation(
        OperationId("b2"), "deploy", JOB, {"spec": "x"}, surface="test", holder="elsewhere:1"
    )
    ledger.intend_step(lease, "submit", 0, {"flink_job_id": "ff"})
    return ledger


def headgate(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(), arguments)


def test_operations_are_listed_newest_first(ledger: Ledger) -> None:
    listed = json.loads(headgate("operations", "--json").stdout)

    assert [(one["id"], one["state"]) for one in listed] == [
        ("b2", "running"),
        ("a1", "needs_operator"),
    ]
    assert "in step submit" in headgate("operations").stdout


@pytest.mark.parametrize(
    ("option", "found"),
    [
        (("--state", "needs_operator"), ["a1"]),
        (("--state", "running", "--state", "needs_operator"), ["b2", "a1"]),
        (("--job", "other-job"), []),
        (("--limit", "1"), ["b2"]),
    ],
)
def test_operations_are_chosen(ledger: Ledger, option: tuple[str, ...], found: list[str]) -> None:
    listed = json.loads(headgate("operations", *option, "--json").stdout)
    assert [one["id"] for one in listed] == found


def test_one_operation_is_shown_whole(ledger: Ledger) -> None:
    shown = headgate("operations", "b2").stdout

    for part in ("deploy device-minutes", "elsewhere:1", "fence 2", "flink_job_id=ff"):
        assert part in shown
    assert "headgate resume b2" in shown


def test_resume_of_one_that_needs_a_person_names_the_next_command(ledger: Ledger) -> None:
    error = headgate("resume", "a1").exception

    assert isinstance(error, NeedsOperator)
    assert error.next_step == "headgate deploy device-minutes"
    operation = ledger.operation(OperationId("a1"))
    assert operation is not None
    assert operation.state == "needs_operator"


def test_abandon_asks_and_shows_what_cannot_be_seen(ledger: Ledger) -> None:
    asked = headgate("abandon", "b2")

    assert isinstance(asked.exception, Rejected)
    assert "--yes" in asked.exception.next_step
    assert "Flink 2.3 does not answer" in asked.stdout
    assert "elsewhere:1 has ended" in asked.stdout
    assert ledger.running_operation(JOB) is not None

    assert headgate("abandon", "b2", "--yes").exit_code == 0
    assert ledger.running_operation(JOB) is None


def test_ids_are_completed(ledger: Ledger) -> None:
    assert [name for name, _ in _any("")] == ["b2", "a1"]
    assert [name for name, _ in _any("a")] == ["a1"]
    assert [name for name, _ in _open("")] == ["b2"]


def test_completion_without_a_project_offers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))
    assert _any("") == []
