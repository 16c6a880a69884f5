"""Restarts a service whose process tree outgrew its limit. Runs as a listener of the supervisor.

    python -m headgate.local.memory_guard SERVICE=MEBIBYTES ...

JVMs keep limits of their own; this is for the Python processes. Memory that forked processes
share is counted once where the system tells (PSS on Linux), so that many small children of one
parent do not look like a leak.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any
from xmlrpc.client import ServerProxy

import psutil
from supervisor import childutils
from supervisor.xmlrpc import SupervisorTransport

from headgate.local.service import MEBIBYTE

PASSWORD_VARIABLE = "HEADGATE_SUPERVISOR_PASSWORD"  # noqa: S105 - the name, not the password


def tree_memory(pid: int) -> int:
    """Bytes of a process and all its descendants; 0 if it is gone."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_memory(process) for process in tree)


def over_limit(memory: Mapping[str, int], limits: Mapping[str, int]) -> dict[str, int]:
    """The services above their limits, with what they use; bytes."""
    return {name: used for name, used in memory.items() if name in limits and used > limits[name]}


def parse_limits(arguments: list[str]) -> dict[str, int]:
    """`name=MEBIBYTES` as bytes by name."""
    pairs = (argument.split("=", 1) for argument in arguments)
    return {name: int(mebibytes) * MEBIBYTE for name, mebibytes in pairs}


def main() -> None:
    """Look at every tick of the supervisor, for ever."""
    limits = parse_limits(sys.argv[1:])
    transport = SupervisorTransport(
        "headgate", os.environ[PASSWORD_VARIABLE], os.environ["SUPERVISOR_SERVER_URL"]
    )
    supervisor: Any = ServerProxy("http://127.0.0.1", transport=transport).supervisor
    while True:
        childutils.listener.wait(sys.stdin, sys.stdout)
        memory = {
            found["name"]: tree_memory(found["pid"])
            for found in supervisor.getAllProcessInfo()
            if found["name"] in limits and found["statename"] == "RUNNING"
        }
        for name, used in over_limit(memory, limits).items():
            sys.stderr.write(
                f"{name} uses {used // MEBIBYTE} MiB, more than {limits[name] // MEBIBYTE} MiB:"
                " restarted\n"
            )
            sys.stderr.flush()
            supervisor.stopProcess(name)
            supervisor.startProcess(name)
        childutils.listener.ok(sys.stdout)


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
