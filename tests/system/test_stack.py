"""The embedded stack itself: a small one of its own, with Kafka and the registry."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import requests
from harness.stack import PROJECT
from harness.waiting import until
from headgate.errors import Rejected, Unavailable
from headgate.local.kafka import answers_describe_cluster
from headgate.local.layout import Layout, layout_of
from headgate.local.ports import keep_ports
from headgate.local.programs import start_program, stop_program
from headgate.local.secrets import keep_secrets
from headgate.local.stack import COMPONENTS, down, processes, up
from headgate.local.supervisor import connect, processes_of

pytestmark = pytest.mark.system

NAME = "test-small"
WITHOUT = frozenset(COMPONENTS) - {"kafka", "registry"}
SERVICES = {"kafka", "registry"}


@pytest.fixture(scope="module")
def layout() -> Iterator[Layout]:
    """A stack without any state at first; every test brings it to where it wants it.

    Nothing of it is left afterwards.
    """
    down(PROJECT, NAME)
    layout = layout_of(PROJECT, NAME)
    shutil.rmtree(layout.root, ignore_errors=True)
    yield layout
    down(PROJECT, NAME)
    assert processes_of(layout) == []
    shutil.rmtree(layout.root)


def bring_up() -> dict[str, int]:
    """Up; the process ids of the services that run."""
    up(PROJECT, NAME, WITHOUT)
    return running_pids()


def running_pids() -> dict[str, int]:
    return {
        status.service: status.pid
        for status in processes(PROJECT, NAME)
        if status.state == "running" and status.pid
    }


def test_up_twice__second_call_changes_nothing(layout: Layout) -> None:
    first = bring_up()
    assert set(first) == SERVICES

    assert bring_up() == first

    assert layout.environment_file.exists()
    assert all(
        service.memory and service.uptime is not None
        for service in processes(PROJECT, NAME)
        if service.service in SERVICES
    )


def test_registry__demands_full_compatibility_also_after_a_restart(layout: Layout) -> None:
    environment = up(PROJECT, NAME, WITHOUT)
    url = environment.settings.registry.url
    schema = {"schema": '{"type": "record", "name": "R", "fields": []}'}
    requests.post(f"{url}/subjects/s-value/versions", json=schema, timeout=10).raise_for_status()
    down(PROJECT, NAME)

    assert up(PROJECT, NAME, WITHOUT) == environment

    level = requests.get(f"{url}/config", timeout=10).json()["compatibilityLevel"]
    assert level == "FULL_TRANSITIVE"
    assert requests.get(f"{url}/subjects", timeout=10).json() == ["s-value"]


def test_killed_service__is_started_again(layout: Layout) -> None:
    before = bring_up()

    os.kill(before["kafka"], signal.SIGKILL)

    address = f"127.0.0.1:{keep_ports(layout)['kafka.client']}"
    until(
        lambda: running_pids().get("kafka", 0) not in (0, before["kafka"]),
        seconds=90,
        what="another broker",
    )
    until(lambda: answers_describe_cluster(address) is None, seconds=90, what="the broker answers")
    assert running_pids()["registry"] == before["registry"]


def test_stopped_service__up_heals_it_and_leaves_the_rest(layout: Layout) -> None:
    before = bring_up()
    supervisor = connect(layout, keep_secrets(layout)["supervisor_password"])
    assert supervisor is not None
    supervisor.stop("registry")
    until(lambda: "registry" not in running_pids(), seconds=90, what="the registry is down")

    after = bring_up()

    assert after["kafka"] == before["kafka"]
    assert after["registry"] != before["registry"]


def test_killed_supervisor__up_ends_the_orphans_and_starts_anew(layout: Layout) -> None:
    before = bring_up()
    os.kill(int(layout.supervisor_pid.read_text()), signal.SIGKILL)
    assert psutil.pid_exists(before["kafka"])
    assert processes(PROJECT, NAME) == []

    after = bring_up()

    assert set(after) == SERVICES
    assert not set(after.values()) & set(before.values())
    assert not any(psutil.pid_exists(pid) for pid in before.values())


@pytest.mark.slow
def test_killed_supervisor__down_ends_the_orphans(layout: Layout) -> None:
    bring_up()
    os.kill(int(layout.supervisor_pid.read_text()), signal.SIGKILL)

    assert down(PROJECT, NAME)

    assert processes_of(layout) == []
    assert not layout.environment_file.exists()


def test_down__leaves_no_process_and_a_second_one_is_fine(layout: Layout) -> None:
    bring_up()
    assert len(processes_of(layout)) >= len(SERVICES)

    assert down(PROJECT, NAME)

    assert processes_of(layout) == []
    assert not down(PROJECT, NAME)


def test_taken_port__is_named_and_nothing_is_started(layout: Layout) -> None:
    down(PROJECT, NAME)
    layout.root.mkdir(parents=True, exist_ok=True)
    port = keep_ports(layout)["kafka.client"]
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        with pytest.raises(Rejected, match=rf"Port {port} of kafka"):
            bring_up()

    assert processes_of(layout) == []


def test_service_that_dies__is_reported_with_its_log_and_nothing_stays(layout: Layout) -> None:
    bring_up()
    down(PROJECT, NAME)
    properties = layout.service("kafka") / "data" / "meta.properties"
    right = properties.read_text()
    properties.write_text("version=1\ncluster.id=x\n")
    began = time.monotonic()

    with pytest.raises(Unavailable, match="kafka died while it started") as failure:
        bring_up()
    properties.write_text(right)

    assert "  | " in failure.value.what
    assert time.monotonic() - began < 120
    assert processes_of(layout) == []
    assert not layout.environment_file.exists()


@pytest.mark.parametrize("ripe", [pytest.param("waiting", marks=pytest.mark.slow), "starting"])
def test_interrupt__leaves_no_process(layout: Layout, ripe: str) -> None:
    down(PROJECT, NAME)
    starter = subprocess.Popen(
        [sys.executable, "-c", _UP_AND_TELL, str(PROJECT), NAME, *WITHOUT],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "plugins")},
    )
    assert starter.stdout is not None
    assert any(ripe in line for line in starter.stdout)

    starter.send_signal(signal.SIGINT)

    assert starter.wait(timeout=60) != 0
    assert processes_of(layout) == []


_UP_AND_TELL = """
import sys
from pathlib import Path
from headgate.local.stack import up
project, stack, *without = sys.argv[1:]
up(Path(project), stack, without, lambda progress: print(progress.state, flush=True))
"""


def test_program__runs_under_the_stack_until_it_is_stopped(layout: Layout, tmp_path: Path) -> None:
    bring_up()
    sign = tmp_path / "sign"
    command = [sys.executable, "-c", _WRITE_AND_WAIT, str(sign)]

    start_program(PROJECT, NAME, "fleet", command, {"GREETING": "100% ready"})

    until(sign.exists, seconds=90, what="the program has written")
    text, pid = sign.read_text().splitlines()
    assert text == "100% ready"
    assert running_pids()["fleet"] == int(pid)
    assert set(bring_up()) >= {"fleet", *SERVICES}, "up leaves programs alone"

    stop_program(PROJECT, NAME, "fleet")
    assert "fleet" not in {status.service for status in processes(PROJECT, NAME)}
    assert not psutil.pid_exists(int(pid))


_WRITE_AND_WAIT = """
import os, pathlib, sys, signal
path = pathlib.Path(sys.argv[1])
partial = path.with_suffix(".partial")
partial.write_text(f"{os.environ['GREETING']}\\n{os.getpid()}\\n")
partial.rename(path)
signal.pause()
"""


def test_program__that_fails_at_once_is_an_error(layout: Layout) -> None:
    bring_up()

    with pytest.raises(Unavailable, match="no such luck"):
        start_program(PROJECT, NAME, "fleet", ["sh", "-c", "echo no such luck; exit 1"])


def test_program__cannot_take_the_name_of_a_service(layout: Layout) -> None:
    bring_up()

    with pytest.raises(Rejected, match="kafka is a service"):
        start_program(PROJECT, NAME, "kafka", ["true"])
