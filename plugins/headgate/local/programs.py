"""Programs that are started on demand under the stack's supervisor, as the simulated fleet is.

They outlive the command that started them and end with the stack.
"""

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from headgate.errors import Rejected, Unavailable
from headgate.ids import NAME_PATTERN
from headgate.local.files import tail, write_whole
from headgate.local.layout import Layout, layout_of
from headgate.local.secrets import keep_secrets
from headgate.local.service import Service
from headgate.local.stopping import stop_services
from headgate.local.supervisor import Supervisor, connect
from headgate.local.supervisor_config import program_section

_START_SECONDS = 10.0
_SETTLED_SECONDS = 1.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 15


def start_program(
    project: Path,
    stack: str,
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a command under the stack's supervisor; one of the same name is replaced.

    It runs in the project's folder, once: a program that produced half of something must not
    begin again unasked. Raises Rejected if the name is taken by a service, Unavailable if the
    stack does not run or the command ends at once with an error.
    """
    layout = layout_of(project, stack)
    if not re.fullmatch(NAME_PATTERN, name):
        raise Rejected(f"{name!r} is no name for a program", still_true="Nothing was started.")
    supervisor = _supervisor(layout)
    file = layout.programs / f"{name}.conf"
    if name in supervisor.processes() and not file.exists():
        raise Rejected(f"{name} is a service of the stack", still_true="Nothing was started.")
    stop_program(project, stack, name)
    script = file.with_suffix(".sh")
    write_whole(script, _script(command, environment or {}), executable=True)
    service = Service(
        name=name,
        component="program",
        command=[str(script)],
        environment={},
        once=True,
        directory=str(layout.project),
        stop_within=timedelta(seconds=10),
    )
    write_whole(file, program_section(layout, service), secret=True)
    supervisor.reload()
    supervisor.start(name)
    _await_start(layout, supervisor, name)


def stop_program(project: Path, stack: str, name: str) -> None:
    """Stop a program and forget it; fine if there is none."""
    layout = layout_of(project, stack)
    file = layout.programs / f"{name}.conf"
    if not file.exists():
        return
    supervisor = _supervisor(layout)
    if name in supervisor.processes():
        stop_services(supervisor, {name})
    file.unlink()
    file.with_suffix(".sh").unlink(missing_ok=True)
    supervisor.reload()


def _script(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """A shell script carries any argument and value; the supervisor's own syntax does not."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.items()]
    return "\n".join(["#!/bin/sh", *exports, f"exec {shlex.join(command)}", ""])


def _await_start(layout: Layout, supervisor: Supervisor, name: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        process = supervisor.processes()[name]
        has_settled = time.time() - process.started > _SETTLED_SECONDS
        if process.state == "RUNNING" and has_settled:
            return
        if process.state == "EXITED" and process.exit_code == 0:
            return
        if process.state in ("BACKOFF", "FATAL", "EXITED"):
            lines = "\n".join(f"  | {line}" for line in tail(layout.log(name), _TAIL_LINES))
            why = process.why or f"exit code {process.exit_code}"
            raise Unavailable(f"{name} did not start ({why}). The end of its log:\n{lines}")
        time.sleep(_POLL_SECONDS)
    raise Unavailable(f"{name} did not start within {_START_SECONDS:.0f} s")


def _supervisor(layout: Layout) -> Supervisor:
    if layout.secrets_file.exists():
        supervisor = connect(layout, keep_secrets(layout)["supervisor_password"])
        if supervisor is not None:
            return supervisor
    raise Unavailable(
        f"Stack {layout.stack!r} does not run",
        still_true="Nothing was started.",
        next_step=f"headgate up --stack {layout.stack}",
    )
