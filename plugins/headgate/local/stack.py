"""Bring an embedded stack up, take it down, and say what of it runs."""

import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from headgate.errors import Rejected, Unavailable
from headgate.local.airflow import airflow_services
from headgate.local.files import write_whole
from headgate.local.flink import flink_services
from headgate.local.kafka import kafka_service
from headgate.local.layout import FLINK_LINES, Layout, layout_of
from headgate.local.offer import offered_environment, write_offer
from headgate.local.ports import Ports, keep_ports, refuse_taken_ports
from headgate.local.processes import ServiceStatus, processes
from headgate.local.registry import registry_service
from headgate.local.secrets import Secrets, keep_secrets
from headgate.local.service import Service
from headgate.local.starting import Progress, Report, Startup
from headgate.local.stopping import end_leftovers, stop_services, stop_stack
from headgate.local.supervisor import Supervisor, connect, launch, socket_path
from headgate.local.supervisor_config import supervisor_config
from headgate.spec.declared import NamedEnvironment

__all__ = ["COMPONENTS", "ServiceStatus", "down", "ignore", "processes", "up"]

COMPONENTS = ("kafka", "registry", *(f"flink-{line}" for line in FLINK_LINES), "airflow")
"""What `up` can leave out."""
_LOCK_SECONDS = 5


def ignore(_: Progress) -> None:
    """Report progress to nobody."""


def up(
    project: Path,
    stack: str = "default",
    without: Collection[str] = frozenset(),
    progress: Report = ignore,
) -> NamedEnvironment:
    """Bring a stack up and return what it offers, once every service is truly ready.

    Services that run are left alone, dead ones are started again. `without` names components
    that are not started; if they run already they keep running. If anything fails or the call is
    interrupted, what it started is stopped again before the error goes on.

    Raises Rejected (not installed, bad name, port taken) and Unavailable (a service died).
    """
    layout = layout_of(project, stack)
    _refuse_unknown_components(without)
    _refuse_missing_installation(layout)
    with _held(layout):
        ports, secrets = keep_ports(layout), keep_secrets(layout)
        layout.temporary.mkdir(parents=True, exist_ok=True)
        services = all_services(layout, ports, secrets)
        wanted = [service for service in services if service.component not in without]
        _write_supervisor_config(layout, services, secrets)
        supervisor = connect(layout, secrets["supervisor_password"])
        if supervisor is None:
            end_leftovers(layout)  # of a supervisor that was killed
        _refuse_taken_ports(layout, ports, supervisor, wanted)
        environment = offered_environment(layout, ports)
        ran_before = supervisor is not None
        with _undone_on_failure(layout, secrets, ran_before=ran_before) as undo:
            if supervisor is None:
                supervisor = launch(layout, secrets["supervisor_password"])
            else:
                supervisor.reload()
            write_offer(layout, environment, ports, secrets)
            startup = Startup(layout, supervisor, wanted, progress)
            undo.append(startup)
            startup.run()
        return environment


def down(project: Path, stack: str = "default") -> bool:
    """Stop everything of a stack and verify that nothing is alive. False if nothing ran.

    Its data (topics, schemas, checkpoints, ledger) stays.
    """
    layout = layout_of(project, stack)
    if not layout.root.is_dir():
        return False
    with _held(layout):
        supervisor = connect(layout, keep_secrets(layout)["supervisor_password"])
        ran = supervisor is not None or layout.environment_file.exists()
        stop_stack(layout, supervisor)
    return ran


def all_services(layout: Layout, ports: Ports, secrets: Secrets) -> list[Service]:
    """Every service of a stack; writes their configuration files."""
    return [
        kafka_service(layout, ports, secrets),
        registry_service(layout, ports),
        *(service for line in FLINK_LINES for service in flink_services(layout, ports, line)),
        *airflow_services(layout, ports, secrets),
    ]


def _write_supervisor_config(layout: Layout, services: list[Service], secrets: Secrets) -> None:
    layout.programs.mkdir(parents=True, exist_ok=True)
    text = supervisor_config(layout, services, socket_path(layout), secrets["supervisor_password"])
    write_whole(layout.supervisor_config, text, secret=True)


def _refuse_unknown_components(without: Collection[str]) -> None:
    if unknown := sorted(set(without) - set(COMPONENTS)):
        raise Rejected(
            f"There is no component {', '.join(unknown)} that could be left out",
            still_true="Nothing was started.",
            next_step=f"leave out one of: {', '.join(COMPONENTS)}",
        )


def _refuse_missing_installation(layout: Layout) -> None:
    if missing := layout.installed.missing():
        raise Rejected(
            "The servers are not installed; missing:\n"
            + "\n".join(f"  {folder}" for folder in missing),
            still_true="Nothing was started.",
            next_step="make install",
        )


def _refuse_taken_ports(
    layout: Layout, ports: Ports, supervisor: Supervisor | None, wanted: list[Service]
) -> None:
    running = {
        name
        for name, process in (supervisor.processes() if supervisor else {}).items()
        if process.state in ("RUNNING", "STARTING", "STOPPING", "BACKOFF")
    }
    refuse_taken_ports(layout, ports, {service.name for service in wanted} - running)


@contextmanager
def _held(layout: Layout) -> Iterator[None]:
    """Only one `up` or `down` works on a stack at a time."""
    layout.stacks.mkdir(parents=True, exist_ok=True)
    layout.root.mkdir(mode=0o700, exist_ok=True)  # it holds keys and a database with connections
    lock = FileLock(layout.lock_file)
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        raise Unavailable(
            f"Another `headgate up` or `headgate down` is at work on stack {layout.stack!r}",
            still_true="Nothing was changed by this call.",
            next_step="wait until it has finished, or interrupt it with Ctrl-C where it runs",
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _undone_on_failure(
    layout: Layout, secrets: Secrets, *, ran_before: bool
) -> Iterator[list[Startup]]:
    """On any error, Ctrl-C included, stop what was started: everything, if nothing ran before."""
    startups: list[Startup] = []
    try:
        yield startups
    except BaseException:
        with _deaf_to_interrupts():
            for startup in startups:
                startup.tell_undone()
            # A call that was interrupted may have left its connection in the middle of an answer.
            supervisor = connect(layout, secrets["supervisor_password"])
            if supervisor is None or not ran_before:
                stop_stack(layout, supervisor)
            else:
                for startup in startups:
                    stop_services(supervisor, startup.started)
        raise


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A second Ctrl-C does not cut the tidying short. Signals belong to the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
