"""The Flink session clusters, one for each line: a JobManager and a TaskManager.

The distribution inside the PyFlink package stays as it was installed: folders of configuration,
libraries, logs and pids are given by the environment, as `bin/config.sh` allows.
"""

import re
from datetime import timedelta
from pathlib import Path

import requests

from headgate.local.files import write_whole
from headgate.local.java import java_home
from headgate.local.layout import Installed, Layout
from headgate.local.loopback import get
from headgate.local.ports import HOST, Ports
from headgate.local.service import Service
from headgate.local.templates import render

SLOTS = 8
JOBMANAGER_MEBIBYTES = 1024
TASKMANAGER_MEBIBYTES = 1728
_PROBE_SECONDS = 5


def rest_url(ports: Ports, line: str) -> str:
    """Address of a line's REST API and UI."""
    return f"http://{HOST}:{ports[f'flink-{line}-jobmanager.rest']}"


def flink_services(layout: Layout, ports: Ports, line: str) -> list[Service]:
    """Write the files of one line's cluster; return how its two processes are run."""
    cluster = f"flink-{line}"
    jobmanager, taskmanager = f"{cluster}-jobmanager", f"{cluster}-taskmanager"
    folder = layout.service(cluster)
    home = layout.installed.flink_home(line)
    _write_configuration(layout, ports, line, home)
    _link_libraries(layout.installed, line, home, folder / "lib")
    environment = {
        "JAVA_HOME": str(java_home()),
        "FLINK_HOME": str(home),
        "FLINK_CONF_DIR": str(folder / "conf"),
        "FLINK_LIB_DIR": str(folder / "lib"),
        "FLINK_OPT_DIR": str(home / "opt"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "FLINK_LOG_DIR": str(folder / "log"),
        "FLINK_PID_DIR": str(folder / "pid"),
        "FLINK_IDENT_STRING": f"headgate-{layout.stack}",
    }
    for name in ("log", "pid"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    url = rest_url(ports, line)
    return [
        Service(
            name=jobmanager,
            component=cluster,
            command=[str(home / "bin" / "jobmanager.sh"), "start-foreground"],
            environment=environment,
            probe=lambda: answers_overview(url),
            address=url,
            stop_within=timedelta(seconds=10),
        ),
        Service(
            name=taskmanager,
            component=cluster,
            command=[str(home / "bin" / "taskmanager.sh"), "start-foreground"],
            environment=environment,
            probe=lambda: has_free_slots(url),
            stop_within=timedelta(seconds=10),
        ),
    ]


def answers_overview(url: str) -> str | None:
    """Whether the JobManager leads: before that its API answers 503."""
    try:
        get(f"{url}/overview", _PROBE_SECONDS)
    except requests.RequestException:
        return "REST API does not answer yet"
    return None


def has_free_slots(url: str) -> str | None:
    """Whether the TaskManager offered its slots.

    Slots that jobs took count too: a running stack is ready.
    """
    try:
        overview = get(f"{url}/overview", _PROBE_SECONDS).json()
    except requests.RequestException:
        return "JobManager does not answer yet"
    return None if overview.get("slots-total", 0) >= SLOTS else "no slots are registered yet"


def _write_configuration(layout: Layout, ports: Ports, line: str, home: Path) -> None:
    cluster = f"flink-{line}"
    folder = layout.service(cluster)
    for kind in ("checkpoints", "savepoints"):
        (layout.flink_state / kind).mkdir(parents=True, exist_ok=True)
    configuration = render(
        "flink-config.yaml.j2",
        host=HOST,
        java_opens=module_options((home / "conf" / "config.yaml").read_text(encoding="utf-8")),
        rpc_port=ports[f"{cluster}-jobmanager.rpc"],
        rest_port=ports[f"{cluster}-jobmanager.rest"],
        blob_port=ports[f"{cluster}-jobmanager.blob"],
        slots=SLOTS,
        jobmanager_mebibytes=JOBMANAGER_MEBIBYTES,
        taskmanager_mebibytes=TASKMANAGER_MEBIBYTES,
        jobmanager_log=layout.log(f"{cluster}-jobmanager"),
        taskmanager_log=layout.log(f"{cluster}-taskmanager"),
        uploads=folder / "uploads",
        temporary=layout.temporary,
        state=layout.flink_state,
        python=layout.installed.flink_python(line),
    )
    write_whole(folder / "conf" / "config.yaml", configuration)
    # The start scripts name this file; the supervisor keeps and rotates what goes to the console.
    logging = render("flink-log4j.properties.j2")
    write_whole(folder / "conf" / "log4j-console.properties", logging)


def module_options(shipped_configuration: str) -> str:
    """The `--add-exports`/`--add-opens` line without which Flink does not run on Java 17+."""
    match = re.search(r"^\s+all:\s*(--add-.+)$", shipped_configuration, re.MULTILINE)
    if match is None:
        raise ValueError("Flink's own config.yaml has no env.java.opts.all line")
    return match[1].strip()


def _link_libraries(installed: Installed, line: str, home: Path, folder: Path) -> None:
    """Links to the distribution's jars, the Python runner and the two connectors."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        jar.name: jar
        for jars in (
            (home / "lib").glob("*.jar"),
            (home / "opt").glob("flink-python-*.jar"),
            installed.jars(f"flink-{line}").glob("*.jar"),
        )
        for jar in jars
    }
    for present in folder.iterdir():
        if wanted.get(present.name) != present.readlink():
            present.unlink()
    for name, jar in wanted.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(jar)
