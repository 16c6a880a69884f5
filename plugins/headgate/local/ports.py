"""Free ports, found once and kept, so that addresses stay the same from one start to the next."""

import json
import random
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing

from filelock import FileLock

from headgate.errors import Rejected
from headgate.local.files import write_whole
from headgate.local.layout import FLINK_LINES, Layout

# Below the range from which Linux and macOS take the local ports of outgoing connections, so
# that no such connection sits on a kept port at the next start.
PORT_RANGE = range(21_000, 32_000)
HOST = "127.0.0.1"

Ports = Mapping[str, int]
"""Port by its name, `service.use`: `kafka.client`, `flink-2.2-jobmanager.rest`."""

NAMES = (
    "kafka.client",
    "kafka.controller",
    "registry.http",
    "registry.management",
    *(f"flink-{line}-jobmanager.{use}" for line in FLINK_LINES for use in ("rest", "rpc", "blob")),
    "airflow-api-server.http",
)


def service_of(port_name: str) -> str:
    """The service that listens on a port."""
    return port_name.rpartition(".")[0]


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose_ports(
    names: Iterable[str],
    kept: Ports,
    reserved: Collection[int],
    *,
    usable: Callable[[int], bool] = is_free,
    random_source: random.Random | None = None,
) -> dict[str, int]:
    """Kept ports as they are, and a usable one for each name that has none.

    `reserved` are the ports of other stacks, which may be down at the moment.
    """
    ports = {name: kept[name] for name in names if name in kept}
    candidates = list(PORT_RANGE)
    (random_source or random.Random()).shuffle(candidates)  # noqa: S311 - not a secret
    taken = {*reserved, *ports.values()}
    for name in names:
        while name not in ports:
            port = candidates.pop()
            if port not in taken and usable(port):
                ports[name] = port
                taken.add(port)
    return ports


def keep_ports(layout: Layout) -> Ports:
    """The ports of a stack: read, completed where names are missing, and written."""
    layout.root.mkdir(parents=True, exist_ok=True)
    with FileLock(layout.stacks / ".ports.lock"):
        kept = _read(layout)
        others = [
            port
            for folder in layout.stacks.iterdir()
            if folder.is_dir() and folder.name != layout.stack
            for port in _read(Layout(layout.project, folder.name)).values()
        ]
        ports = choose_ports(NAMES, kept, others)
        if ports != kept:
            write_whole(layout.ports_file, json.dumps(ports, indent=2) + "\n")
    return ports


def refuse_taken_ports(layout: Layout, ports: Ports, services: Collection[str]) -> None:
    """Raise Rejected naming every port that a service about to start cannot have."""
    taken = [
        f"Port {port} of {service_of(name)} ({name.rpartition('.')[2]}) is taken by another program"
        for name, port in ports.items()
        if service_of(name) in services and not is_free(port)
    ]
    if taken:
        raise Rejected(
            "\n".join(taken),
            still_true=f"Nothing was started in stack {layout.stack!r}.",
            next_step=f"end that program, or let new ports be found: rm {layout.ports_file}",
        )


def _read(layout: Layout) -> dict[str, int]:
    if not layout.ports_file.exists():
        return {}
    found: dict[str, int] = json.loads(layout.ports_file.read_text(encoding="utf-8"))
    return found
