"""What of a stack runs: the supervisor's view, with the memory that each service really takes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from headgate.local.airflow import airflow_url
from headgate.local.flink import rest_url
from headgate.local.kafka import bootstrap_servers
from headgate.local.layout import FLINK_LINES, Layout, layout_of
from headgate.local.memory_guard import tree_memory
from headgate.local.ports import Ports, keep_ports
from headgate.local.registry import registry_url
from headgate.local.secrets import keep_secrets
from headgate.local.supervisor import ProcessState, connect

NOT_LISTED = {"memory-guard", "airflow-init"}
State = Literal["running", "starting", "stopping", "stopped", "failing", "failed", "ended"]
_STATES: Mapping[str, State] = {
    "RUNNING": "running",
    "STARTING": "starting",
    "STOPPING": "stopping",
    "STOPPED": "stopped",
    "BACKOFF": "failing",
    "FATAL": "failed",
    "EXITED": "ended",
}


@dataclass(frozen=True)
class ServiceStatus:
    """One service as `headgate ps` shows it."""

    service: str
    state: State
    pid: int | None
    uptime: timedelta | None
    memory: int | None
    """Bytes of the whole process tree; shared pages count once."""
    address: str | None
    log: Path


def processes(project: Path, stack: str = "default") -> list[ServiceStatus]:
    """Every service of a stack; an empty list when the stack does not run."""
    layout = layout_of(project, stack)
    if not layout.secrets_file.exists():
        return []
    supervisor = connect(layout, keep_secrets(layout)["supervisor_password"])
    if supervisor is None:
        return []
    addresses = _addresses(keep_ports(layout))
    return [
        _status(layout, process, addresses.get(name))
        for name, process in supervisor.processes().items()
        if name not in NOT_LISTED
    ]


def _status(layout: Layout, process: ProcessState, address: str | None) -> ServiceStatus:
    alive = process.pid > 0
    return ServiceStatus(
        service=process.name,
        state=_STATES.get(process.state, "failed"),
        pid=process.pid if alive else None,
        uptime=timedelta(seconds=max(0, round(time.time()) - process.started)) if alive else None,
        memory=tree_memory(process.pid) if alive else None,
        address=address,
        log=layout.log(process.name),
    )


def _addresses(ports: Ports) -> dict[str, str]:
    return {
        "kafka": bootstrap_servers(ports),
        "registry": registry_url(ports),
        "airflow-api-server": airflow_url(ports),
        **{f"flink-{line}-jobmanager": rest_url(ports, line) for line in FLINK_LINES},
    }
