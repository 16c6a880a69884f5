"""headgate.toml: good and bad files, the choice of an environment, and secrets."""

from pathlib import Path

import pytest
from headgate.errors import NeedsOperator, Rejected, SpecError, Unavailable
from headgate.spec.load_environment import (
    load_config,
    load_environment,
    load_environment_or_installed,
)
from headgate.spec.project import find_project
from headgate.spec.secrets import register_resolver, resolve, resolve_settings
from unit.spec.sample_project import CONFIG, Change, write_project

STACK = """\
state = "/s/state"
artefacts = "/s/artefacts"
ledger = "sqlite:////s/ledger.db"
kafka = { "bootstrap.servers" = "127.0.0.1:1" }
registry = { url = "http://127.0.0.1:2/apis/ccompat/v7" }
[flink."2.2"]
rest = "http://127.0.0.1:3"
python = "/p/bin/python"
"""
BAD: list[tuple[Change, int, str]] = [
    (("stack = ", "stak = "), 4, "unknown key 'stak'"),
    (('stack = "default"', 'stack = "../x"'), 4, "is not a name"),
    (('stack = "default"', "stack = 1"), 4, 'put it in quotes: "1"'),
    (('default = "local"', 'default = "locl"'), 1, "no environment 'locl'; did you mean 'local'?"),
    (('default = "local"\n', ""), 1, "'default' is missing"),
    (('default = "local"', "default = local"), 1, "not TOML: Invalid value"),
    (('default = "local"', 'default = "local"\ndefault = "x"'), 2, "not TOML: Cannot overwrite"),
    (("[environments.local]", "[environments.Local]"), 3, "'Local' is not a name"),
    (("[environments.local]", "[environments.local"), 3, "not TOML"),
    (('artefacts = "/srv/headgate"\n', ""), 6, "'artefacts' is missing: Folder of staged"),
    (('state = "s3', 'sttae = "s3'), 7, "did you mean 'state'?"),
    (('"env:LEDGER_PASSWORD"', '"hunter2"'), 10, "reference to a secret"),
    (('"env:KAFKA_PASSWORD"', '"hunter2"'), 14, "must not stand in the file"),
    (("headgate@db", "headgate:hunter2@db"), 9, "must not stand in the file"),
    (('"https://registry', '"https://u:hunter2@registry'), 17, "must not stand in the file"),
    (('"https://registry', '"registry'), 17, "begins with http"),
    (("url =", 'pasword = "env:P"\nurl ='), 17, "did you mean 'password'?"),
    (('"bootstrap.servers" = "kafka:9093"\n', ""), 12, "'bootstrap.servers' is missing"),
    (('production.flink."2.2"', 'production.flink."two"'), 19, "'two' is not a Flink line"),
    (("url =", 'password = "env:P"\nurl ='), 17, "has no effect without 'user'"),
    (("url =", 'user = "ann"\nurl ='), 17, "is of no use without 'password'"),
    (("url =", 'key = "k.pem"\nurl ='), 17, "has no effect without 'certificate'"),
    (('url = "https:', 'ca = "ca.pem"\nurl = "http:'), 17, "has no effect with an url that begins"),
    (('rest = "http://flink:8081"\n', ""), 19, "'rest' is missing: Address of the JobManager"),
    (('"postgresql+psycopg://headgate@db/headgate"', '"ledger.db"'), 9, "address of a database"),
    (None, 1, "the file is missing"),
    ("", 1, "'default' is missing"),
]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEADGATE_ENV", "HEADGATE_STACK", "HEADGATE_PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


@pytest.mark.parametrize(("change", "line", "words"), BAD)
def test_headgate_toml_is_refused(tmp_path: Path, change: Change, line: int, words: str) -> None:
    project = write_project(tmp_path, {"headgate.toml": change})
    with pytest.raises(SpecError) as caught:
        load_config(project)
    findings = [(one.line, one.message) for one in caught.value.findings]
    assert any(at == line and words in text for at, text in findings), findings
    assert "hunter2" not in str(caught.value)


def test_misspelt_stack_says_nothing_of_addresses_it_cannot_know(project: Path) -> None:
    (project / "headgate.toml").write_text(CONFIG.replace('stack = "default"', "stack = 1"))
    with pytest.raises(SpecError) as caught:
        load_config(project)
    assert len(caught.value.findings) == 1


def test_embedded_environment_is_what_the_stack_offers(project: Path) -> None:
    file = project / ".headgate/stacks/default/environment.toml"
    file.parent.mkdir(parents=True)
    file.write_text(STACK)
    environment = load_environment(project, None)
    assert (environment.name, environment.stack) == ("local", "default")
    assert environment.settings.kafka == {"bootstrap.servers": "127.0.0.1:1"}
    assert environment.settings.flink["2.2"].python == Path("/p/bin/python")


def test_stack_variable_chooses_another_stack(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_STACK", "test")
    with pytest.raises(Unavailable) as caught:
        load_environment(project, None)
    assert str(caught.value).splitlines()[0] == "the stack 'test' is not running"
    assert caught.value.next_step == "headgate up --stack test"
    monkeypatch.setenv("HEADGATE_STACK", "../x")
    with pytest.raises(Rejected, match="is not a name"):
        load_environment(project, None)


def test_stack_that_is_not_running_says_how_to_start_it(project: Path) -> None:
    with pytest.raises(Unavailable, match="the stack 'default' is not running") as caught:
        load_environment(project, "local")
    assert str(caught.value).endswith("Next: headgate up")


def test_broken_offer_of_a_stack_says_what_to_do(project: Path) -> None:
    file = project / ".headgate/stacks/default/environment.toml"
    file.parent.mkdir(parents=True)
    file.write_text(STACK.replace("ledger =", "leger ="))
    with pytest.raises(Unavailable, match="did you mean 'ledger'"):
        load_environment(project, None)


def test_environment_is_chosen_by_name_then_variable_then_default(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_environment(project, "production").stack is None
    monkeypatch.setenv("HEADGATE_ENV", "production")
    assert load_environment(project, None).name == "production"
    with pytest.raises(Unavailable):
        load_environment(project, "local")


def test_unknown_environment_is_rejected(project: Path) -> None:
    with pytest.raises(Rejected, match="did you mean 'production'") as caught:
        load_environment(project, "prodution")
    assert caught.value.next_step == "choose one of: local, production"


def test_relative_paths_are_relative_to_the_project(project: Path) -> None:
    text = CONFIG.replace("/srv/headgate", "artefacts").replace("/opt/flink", "flink")
    (project / "headgate.toml").write_text(text.replace("s3://streams/state", "state"))
    settings = load_environment(project, "production").settings
    assert settings.artefacts == project / "artefacts"
    assert settings.state == str(project / "state")
    assert settings.flink["2.2"].python == project / "flink/bin/python"


def test_relative_files_of_tls_are_relative_to_the_project(project: Path) -> None:
    text = CONFIG.replace("url =", 'ca = "tls/ca.pem"\ncertificate = "/c.pem"\nurl =').replace(
        '"bootstrap.servers"', '"ssl.ca.location" = "tls/ca.pem"\n"bootstrap.servers"'
    )
    (project / "headgate.toml").write_text(text)
    settings = load_environment(project, "production").settings
    assert settings.registry.ca == project / "tls/ca.pem"
    assert settings.registry.certificate == Path("/c.pem")
    assert settings.registry.key is None
    assert settings.kafka["ssl.ca.location"] == str(project / "tls/ca.pem")
    (project / "headgate.toml").write_text(text.replace('"tls/ca.pem"', '"probe"'))
    assert load_environment(project, "production").settings.kafka["ssl.ca.location"] == "probe"


def test_installed_lines_stand_in_for_a_stack_that_is_down(project: Path) -> None:
    with pytest.raises(Unavailable):
        load_environment_or_installed(project, None)
    (project / ".headgate/install/flink-2.3/bin").mkdir(parents=True)
    environment = load_environment_or_installed(project, None)
    expected = project / ".headgate/install/flink-2.3/bin/python"
    assert environment.settings.flink["2.3"].python == expected


def test_find_project_looks_upwards(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_project(project / "flink_jobs/minutes") == project
    with pytest.raises(Rejected, match=r"there is no headgate\.toml"):
        find_project(Path("/"))
    monkeypatch.setenv("HEADGATE_PROJECT", str(project))
    assert find_project(Path("/")) == project
    monkeypatch.setenv("HEADGATE_PROJECT", str(project / "schemas"))
    with pytest.raises(Rejected, match="HEADGATE_PROJECT names"):
        find_project(project)


def test_secrets_are_resolved_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "s3cret")
    assert resolve("env:A_SECRET") == "s3cret"
    settings = {"sasl.password": "env:A_SECRET", "sasl.username": "me"}
    assert resolve_settings(settings) == {"sasl.password": "s3cret", "sasl.username": "me"}
    monkeypatch.delenv("A_SECRET")
    with pytest.raises(NeedsOperator, match="A_SECRET"):
        resolve("env:A_SECRET")


def test_secret_that_is_no_reference_is_not_repeated() -> None:
    with pytest.raises(NeedsOperator) as caught:
        resolve("hunter2")
    assert "hunter2" not in str(caught.value)


def test_conn_needs_a_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headgate.spec.secrets._resolvers", {})
    with pytest.raises(NeedsOperator, match="inside Airflow only"):
        resolve("conn:kafka")
    register_resolver("conn", lambda rest: f"secret of {rest}")
    assert resolve("conn:kafka") == "secret of kafka"
