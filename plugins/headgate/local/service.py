"""A supervised process as a value: how it is run, kept in bounds, and known to be ready."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

MEBIBYTE = 2**20

Probe = Callable[[], str | None]
"""Looks once, within seconds. None: ready; else what is still missing, in a few words."""


def ready_at_once() -> None:
    """The probe of a process that is ready as soon as it runs."""


@dataclass(frozen=True)
class Service:
    """One process of the stack."""

    name: str
    component: str
    """What a person leaves out as a whole: `kafka`, `registry`, `flink-2.2`, `airflow`."""
    command: Sequence[str]
    environment: Mapping[str, str]
    probe: Probe = ready_at_once
    after: tuple[str, ...] = ()
    """Services that must be ready before this one is started."""
    once: bool = False
    """Runs to its end and is ready when it ended well."""
    stop_within: timedelta = timedelta(seconds=15)
    """How long it may take to stop gracefully before it is killed."""
    memory_limit: int | None = None
    """Bytes of its process tree above which it is restarted; None where the process keeps a
    limit of its own (a JVM)."""
    address: str | None = None
    """What a person or a client connects to."""
    directory: str = "/"
