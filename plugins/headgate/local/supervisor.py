"""The process supervisor: started detached, spoken to through a socket of the stack's folder."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from headgate.errors import Unavailable
from headgate.local.files import tail
from headgate.local.layout import Layout
from headgate.local.supervisor_config import STACK_MARK, supervisor_environment

_SOCKET_PATH_LIMIT = 103
"""Bytes of a unix socket's path that every system takes (macOS; Linux has 107)."""
_BIND_SUFFIX = len(".4194304")  # supervisor binds to `path.pid` first
_START_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class ProcessState:
    """One process as the supervisor sees it."""

    name: str
    state: str
    """STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL or UNKNOWN."""
    pid: int
    started: int
    """Unix time of the last start."""
    exit_code: int
    why: str
    """What hindered the last start, if anything did."""


class Supervisor:
    """A running supervisor."""

    def __init__(self, socket: Path, password: str) -> None:
        transport = SupervisorTransport("headgate", password, f"unix://{socket}")
        self._rpc: Any = ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def answers(self) -> bool:
        """Whether somebody listens at the socket and accepts the password."""
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, Fault):
            return False

    def processes(self) -> dict[str, ProcessState]:
        """All processes by name."""
        return {
            found["name"]: ProcessState(
                name=found["name"],
                state=found["statename"],
                pid=found["pid"],
                started=found["start"],
                exit_code=found["exitstatus"],
                why=found["spawnerr"],
            )
            for found in self._rpc.getAllProcessInfo()
        }

    def start(self, name: str) -> None:
        """Start a process; one that runs already stays as it is."""
        _tolerating(Faults.ALREADY_STARTED, self._rpc.startProcess, name, False)  # noqa: FBT003

    def stop(self, name: str) -> None:
        """Begin to stop a process."""
        _tolerating(Faults.NOT_RUNNING, self._rpc.stopProcess, name, False)  # noqa: FBT003

    def reload(self) -> None:
        """Take over changed configuration.

        New programs are added, changed ones are replaced (and stand still afterwards), vanished
        ones are stopped.
        """
        ((added, changed, removed),) = self._rpc.reloadConfig()
        for name in (*changed, *removed):
            _tolerating(Faults.BAD_NAME, self._rpc.stopProcessGroup, name)
            _tolerating(Faults.BAD_NAME, self._rpc.removeProcessGroup, name)
        for name in (*added, *changed):
            _tolerating(Faults.ALREADY_ADDED, self._rpc.addProcessGroup, name)

    def shut_down(self) -> None:
        """Ask it to stop everything and to end."""
        self._rpc.shutdown()


def socket_path(layout: Layout) -> Path:
    """Where the socket is: in the stack's folder, unless that path is too long for a socket.

    Then it is in a private temporary folder that a link in the stack's folder points to.
    """
    near = layout.supervisor_config.parent / "supervisor.sock"
    if len(os.fsencode(near)) + _BIND_SUFFIX <= _SOCKET_PATH_LIMIT:
        return near
    link = layout.supervisor_config.parent / "socket-folder"
    if not link.is_dir():
        link.unlink(missing_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tempfile.mkdtemp(prefix="headgate-"))
    return link.resolve() / "supervisor.sock"


def connect(layout: Layout, password: str) -> Supervisor | None:
    """The stack's supervisor, or None if it does not run."""
    supervisor = Supervisor(socket_path(layout), password)
    return supervisor if supervisor.answers() else None


def launch(layout: Layout, password: str) -> Supervisor:
    """Start the supervisor in a session of its own, so that no Ctrl-C of a terminal reaches it."""
    config = str(layout.supervisor_config)
    layout.log("supervisor").parent.mkdir(parents=True, exist_ok=True)
    started = subprocess.run(  # the command returns once its daemon listens at the socket
        [sys.executable, "-m", "supervisor.supervisord", "-c", config],
        env=supervisor_environment(layout, os.environ),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        timeout=_START_TIMEOUT_SECONDS,
        cwd=layout.root,
    )
    supervisor = connect(layout, password)
    if started.returncode != 0 or supervisor is None:
        lines = [
            *(started.stdout + started.stderr).splitlines(),
            *tail(layout.log("supervisor"), 5),
        ]
        raise Unavailable(
            "The process supervisor did not start.\n" + "\n".join(f"  | {line}" for line in lines),
            still_true=f"Stack {layout.stack!r} does not run.",
            next_step=f"headgate up --stack {layout.stack}",
        )
    return supervisor


def processes_of(layout: Layout) -> list[psutil.Process]:
    """Every process on this machine that bears the stack's mark, whoever started it.

    The caller and the processes that it descends from are left out.
    """
    me = psutil.Process()
    excluded = {me.pid, *(parent.pid for parent in me.parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in excluded and _is_marked(process, layout)
    ]


def _is_marked(process: psutil.Process, layout: Layout) -> bool:
    try:
        return process.environ().get(STACK_MARK) == str(layout.root)
    except (psutil.Error, OSError):
        return False  # it ended meanwhile, or it is another user's


def end_processes(processes: Sequence[psutil.Process], grace_seconds: float) -> None:
    """End processes: politely, and those that stay after the grace by force."""
    for process in processes:
        _signal(process.terminate)
    _, alive = psutil.wait_procs(processes, timeout=grace_seconds)
    for process in alive:
        _signal(process.kill)
    psutil.wait_procs(alive, timeout=grace_seconds)


def _signal(send: Any) -> None:  # noqa: ANN401 - a bound method of psutil
    try:
        send()
    except psutil.NoSuchProcess:
        return


def _tolerating(fault: int, call: Any, *arguments: object) -> None:  # noqa: ANN401 - an RPC method
    try:
        call(*arguments)
    except Fault as refused:
        if refused.faultCode != fault:
            raise
