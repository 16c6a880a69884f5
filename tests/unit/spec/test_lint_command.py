"""`headgate lint` and `headgate schema` as a person runs them."""

import json
from pathlib import Path

import pytest
import typer
from headgate.cli import lint, schema
from typer.testing import CliRunner, Result
from unit.spec.sample_project import TOPIC, VALUE, write_project


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    lint.register(app)
    schema.register(app)
    return app


def run(app: typer.Typer, monkeypatch: pytest.MonkeyPatch, project: Path, *args: str) -> Result:
    monkeypatch.setenv("HEADGATE_PROJECT", str(project))
    return CliRunner().invoke(app, args)


def test_good_project_ends_with_a_summary(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = run(app, monkeypatch, write_project(tmp_path), "lint")
    assert (result.exit_code, result.stdout) == (0, "2 topics and 1 job: no errors\n")


def test_all_errors_are_printed_with_relative_paths(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = write_project(
        tmp_path,
        {
            TOPIC: ("owner: devices", "ownr: devices"),
            VALUE: ('"double"', '"dobule"'),
            "headgate.toml": ('default = "local"', 'default = "x"'),
        },
    )
    result = run(app, monkeypatch, project, "lint")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "headgate.toml:1",
        f"{TOPIC}:1",
        f"{TOPIC}:2",
        f"{VALUE}:7",
    ]
    assert result.stderr == "4 errors in 3 files\n"


def test_json_is_for_machines(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = write_project(tmp_path)
    good = run(app, monkeypatch, project, "lint", "--json")
    assert json.loads(good.stdout) == {
        "ok": True,
        "topics": ["minutes", "readings"],
        "jobs": ["minutes"],
        "findings": [],
    }
    (project / VALUE).unlink()
    bad = run(app, monkeypatch, project, "lint", "--json")
    assert bad.exit_code == 1
    report = json.loads(bad.stdout)
    assert report["ok"] is False
    assert {"file": VALUE, "line": 1, "message": "the file is missing"} in report["findings"]


@pytest.mark.parametrize("kind", ["topic", "job", "config"])
def test_schema_prints_the_committed_file(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    result = run(app, monkeypatch, tmp_path, "schema", kind)
    committed = Path(__file__).parents[3] / f"docs/json-schema/{kind}.json"
    assert result.stdout == committed.read_text()


def test_schema_of_something_else_is_refused(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run(app, monkeypatch, tmp_path, "schema", "table").exit_code != 0
