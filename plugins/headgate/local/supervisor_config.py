"""The supervisor's configuration file, rendered from services."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from headgate.local.layout import Layout
from headgate.local.memory_guard import PASSWORD_VARIABLE
from headgate.local.service import MEBIBYTE, Service
from headgate.local.templates import render

STACK_MARK = "HEADGATE_STACK_ROOT"
"""In the environment of every process of a stack, so that none is ever lost from sight."""

_START_SECONDS = 2
_FOREIGN_PREFIXES = ("AIRFLOW", "APICURIO_", "FLINK_", "QUARKUS_", "SUPERVISOR_")
_FOREIGN_NAMES = {
    "HEADGATE_ENV",
    "JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JVM_ARGS", "_JAVA_OPTIONS",
    "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "VIRTUAL_ENV",
}  # fmt: skip


def supervisor_environment(layout: Layout, inherited: Mapping[str, str]) -> dict[str, str]:
    """What all processes of the stack inherit.

    The user's environment without settings that would change the servers, past any proxy, and
    with the stack's mark.
    """
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(_FOREIGN_PREFIXES) and name not in _FOREIGN_NAMES
    }
    exempt = ",".join(filter(None, (kept.get("NO_PROXY", kept.get("no_proxy")), "127.0.0.1")))
    return kept | {
        "NO_PROXY": exempt,
        "no_proxy": exempt,
        "PYTHONUNBUFFERED": "1",
        STACK_MARK: str(layout.root),
        "HEADGATE_PROJECT": str(layout.project),
        "HEADGATE_STACK": layout.stack,
    }


def supervisor_config(
    layout: Layout, services: Sequence[Service], socket: Path, password: str
) -> str:
    """The whole file, with the sections of all services."""
    limits = [
        f"{service.name}={service.memory_limit // MEBIBYTE}"
        for service in services
        if service.memory_limit
    ]
    guard = [sys.executable, "-m", "headgate.local.memory_guard", *limits]
    return render(
        "supervisord.conf.j2",
        stack=layout.stack,
        root=_escaped(str(layout.root)),
        log=_escaped(str(layout.log("supervisor"))),
        logs=_escaped(str(layout.log("supervisor").parent)),
        pid_file=_escaped(str(layout.supervisor_pid)),
        socket=_escaped(str(socket)),
        password=_escaped(password),
        programs=_escaped(str(layout.programs)),
        services=[program_section(layout, service) for service in services],
        memory_guard=_escaped(shlex.join(guard)) if limits else "",
        memory_guard_environment=_assignments({PASSWORD_VARIABLE: password}),
    )


def program_section(layout: Layout, service: Service) -> str:
    """The section of one service."""
    return render(
        "program.conf.j2",
        name=service.name,
        command=_escaped(shlex.join(service.command)),
        directory=_escaped(service.directory),
        environment=_assignments(service.environment),
        autorestart="false" if service.once else "true",
        startsecs=0 if service.once else _START_SECONDS,
        stopwaitsecs=round(service.stop_within.total_seconds()),
        log=_escaped(str(layout.log(service.name))),
    )


def _assignments(environment: Mapping[str, str]) -> str:
    return ",".join(f"{name}={_quoted(name, value)}" for name, value in environment.items())


def _quoted(name: str, value: str) -> str:
    """Supervisor strips quotes of both kinds from the ends and knows no way to escape one."""
    if "\n" in value or value != value.strip("'\""):
        raise ValueError(f"{name}: supervisor cannot carry a value with outer quotes or new lines")
    for quote in ('"', "'"):
        if quote not in value:
            return f"{quote}{_escaped(value)}{quote}"
    raise ValueError(f"{name}: supervisor cannot carry a value with both kinds of quotes")


def _escaped(text: str) -> str:
    """Supervisor expands `%(name)s` in every value."""
    return text.replace("%", "%%")
