import configparser
import io
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from headgate.local.airflow import airflow_environment
from headgate.local.flink import module_options
from headgate.local.layout import FLINK_LINES, Layout, layout_of
from headgate.local.memory_guard import over_limit, parse_limits
from headgate.local.offer import offered_environment, toml_text, write_offer
from headgate.local.ports import NAMES, Ports
from headgate.local.secrets import keep_secrets
from headgate.local.service import MEBIBYTE, Service
from headgate.local.stack import all_services
from headgate.local.supervisor_config import (
    STACK_MARK,
    program_section,
    supervisor_config,
    supervisor_environment,
)
from headgate.spec.environment import Environment
from supervisor.datatypes import dict_of_key_value_pairs

PORTS: Ports = {name: 21_000 + number for number, name in enumerate(NAMES)}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A stack below a folder with a space, and an installation with Flink's own files."""
    layout = layout_of(tmp_path / "my project", "mine")
    for line in FLINK_LINES:
        home = layout.installed.root / f"flink-{line}/lib/python3.11/site-packages/pyflink"
        for folder in ("conf", "lib", "opt"):
            (home / folder).mkdir(parents=True)
        (home / "conf/config.yaml").write_text("env:\n  java:\n    opts:\n      all: --add-x\n")
        (home / f"lib/flink-dist-{line}.1.jar").touch()
        (home / f"opt/flink-python-{line}.1.jar").touch()
        (home / f"opt/flink-sql-client-{line}.1.jar").touch()
        jars = layout.installed.jars(f"flink-{line}")
        jars.mkdir(parents=True)
        (jars / "flink-sql-connector-kafka.jar").touch()
    return layout


def test_flink_configuration_keeps_state_and_listens_on_loopback_alone(layout: Layout) -> None:
    all_services(layout, PORTS, keep_secrets(layout))

    for line in FLINK_LINES:
        text = (layout.service(f"flink-{line}") / "conf/config.yaml").read_text()
        settings = yaml.safe_load(text)
        assert settings["state.backend.type"] == "rocksdb"
        assert settings["execution.checkpointing.incremental"] is True
        assert settings["execution.checkpointing.num-retained"] == 3
        retention = settings["execution.checkpointing.externalized-checkpoint-retention"]
        assert retention == "RETAIN_ON_CANCELLATION"
        assert settings["cluster.intercept-user-system-exit"] == "THROW"
        assert settings["python.executable"] == str(layout.installed.flink_python(line))
        assert settings["rest.port"] == PORTS[f"flink-{line}-jobmanager.rest"]
        hosts = [value for key, value in settings.items() if key.endswith(("address", "host"))]
        assert len(hosts) == 6
        assert set(hosts) == {"127.0.0.1"}


def test_flink_libraries_are_the_distribution_python_and_the_connectors(layout: Layout) -> None:
    folder = layout.service("flink-2.2") / "lib"
    folder.mkdir(parents=True)
    (folder / "flink-dist-2.2.0.jar").symlink_to("/gone")

    all_services(layout, PORTS, keep_secrets(layout))

    names = {path.name for path in folder.iterdir()}
    assert names == {
        "flink-dist-2.2.1.jar",
        "flink-python-2.2.1.jar",
        "flink-sql-connector-kafka.jar",
    }
    assert all(path.exists() for path in folder.iterdir())


def test_module_options_without_the_line_is_an_error() -> None:
    assert module_options("      all: --add-exports=a --add-opens=b \n") == (
        "--add-exports=a --add-opens=b"
    )
    with pytest.raises(ValueError, match=r"env\.java\.opts\.all"):
        module_options("env: {}")


def test_airflow_environment_is_local_and_keyed(layout: Layout) -> None:
    secrets = keep_secrets(layout)
    settings = airflow_environment(layout, PORTS, secrets)

    port = PORTS["airflow-api-server.http"]
    assert settings["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert settings["AIRFLOW__API__BASE_URL"] == f"http://127.0.0.1:{port}"
    assert settings["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert settings["AIRFLOW__API_AUTH__JWT_SECRET"] == secrets["airflow_jwt_secret"]
    assert settings["AIRFLOW_HOME"].startswith(str(layout.root))


def test_supervisor_config_says_what_each_service_needs(layout: Layout) -> None:
    secrets = keep_secrets(layout)
    services = all_services(layout, PORTS, secrets)
    text = supervisor_config(layout, services, Path("/s.sock"), "pass%word")
    parsed = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
    parsed.read_file(io.StringIO(text))

    assert parsed["unix_http_server"]["password"] == "pass%%word"
    for service in services:
        section = parsed[f"program:{service.name}"]
        assert section["autostart"] == "false", "up decides about the order"
        assert section["autorestart"] == ("false" if service.once else "true")
        assert section["killasgroup"] == section["stopasgroup"] == "true"
        assert shlex.split(section["command"].replace("%%", "%")) == list(service.command)
        read = dict_of_key_value_pairs(section["environment"])
        assert {key: value.replace("%%", "%") for key, value in read.items()} == dict(
            service.environment
        )
    guard = parsed["eventlistener:memory-guard"]["command"]
    assert "airflow-scheduler=" in guard


@pytest.mark.parametrize(
    "value", ["100%", 'say "so" now', "it's", "a,b=c", "x;y", '{"a": 1}', "", " "]
)
def test_program_section_environment_comes_through(layout: Layout, value: str) -> None:
    section = program_section(layout, _program(value))
    parsed = configparser.RawConfigParser()
    parsed.read_string(section)

    read = dict_of_key_value_pairs(parsed["program:p"]["environment"])

    assert read == {"X": value.replace("%", "%%")}


@pytest.mark.parametrize("value", ["a\nb", "\"'", "'outer'"])
def test_program_section_value_that_would_be_mangled_is_refused(layout: Layout, value: str) -> None:
    with pytest.raises(ValueError, match="X: supervisor cannot carry"):
        program_section(layout, _program(value))


def test_supervisor_environment_drops_foreign_settings_and_keeps_secrets(layout: Layout) -> None:
    inherited = {
        "PATH": "/bin",
        "AIRFLOW__CORE__DAGS_FOLDER": "/elsewhere",
        "FLINK_CONF_DIR": "/elsewhere",
        "JAVA_TOOL_OPTIONS": "-Dx",
        "HEADGATE_STACK": "another",
        "HEADGATE_KAFKA_PASSWORD": "s3cret",
        "NO_PROXY": "example.com",
    }

    environment = supervisor_environment(layout, inherited)

    assert environment == {
        "PATH": "/bin",
        "HEADGATE_KAFKA_PASSWORD": "s3cret",
        "HEADGATE_STACK": "mine",
        "HEADGATE_PROJECT": str(layout.project),
        "NO_PROXY": "example.com,127.0.0.1",
        "no_proxy": "example.com,127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        STACK_MARK: str(layout.root),
    }


def test_offer_is_read_back_as_the_environment(layout: Layout) -> None:
    offered = offered_environment(layout, PORTS)

    write_offer(layout, offered, PORTS, keep_secrets(layout))

    read = tomllib.loads(layout.environment_file.read_text())
    assert Environment.model_validate(read) == offered.settings
    access = tomllib.loads(layout.access_file.read_text())
    assert access["flink"]["2.3"] == offered.settings.flink["2.3"].rest
    assert access["airflow"]["password"] not in layout.environment_file.read_text()
    assert layout.access_file.stat().st_mode & 0o077 == 0


def test_toml_text_keys_and_strings_with_special_characters_come_through() -> None:
    values = {"a": 'q"\\\n', "t.x": {"2.2": {"k k": "ü"}, "plain": True, "n": 3}, "empty": {}}

    assert tomllib.loads(toml_text(values)) == values


def test_memory_guard_restarts_only_what_is_over_its_limit() -> None:
    limits = parse_limits(["a=10", "b=20"])
    memory = {"a": 10 * MEBIBYTE, "b": 20 * MEBIBYTE + 1, "c": 99 * MEBIBYTE}

    assert over_limit(memory, limits) == {"b": 20 * MEBIBYTE + 1}


def _program(value: str) -> Service:
    return Service(name="p", component="x", command=[sys.executable], environment={"X": value})
