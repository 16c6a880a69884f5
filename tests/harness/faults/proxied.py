"""A cluster that is reached through a proxy alone, and commands that act on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from headgate.spec.declared import NamedEnvironment

from harness.faults.live_job import PATIENCE, LiveJob
from harness.proxy import Proxy
from harness.sample_project import Ran


@dataclass(frozen=True)
class Proxied:
    """An environment, one of whose clusters stands behind the proxy."""

    environment: NamedEnvironment
    proxy: Proxy


@contextmanager
def proxied(environment: NamedEnvironment, line: str) -> Iterator[Proxied]:
    """Everything reaches the cluster of that line through it, so that it has one address."""
    clusters = environment.settings.flink
    proxy = Proxy(clusters[line].rest)
    behind = {**clusters, line: clusters[line].model_copy(update={"rest": proxy.address})}
    settings = environment.settings.model_copy(update={"flink": behind})
    try:
        yield Proxied(replace(environment, settings=settings), proxy)
    finally:
        proxy.close()


def run(job: LiveJob, command: str, *options: str) -> Ran:
    """Run a command on the job; if it fails, it says what comes next."""
    ran = job.project.run(command, job.name, *options, timeout=PATIENCE)
    assert ran.code == 0 or (ran.code == 1 and "Next: " in ran.err), ran.out + ran.err
    return ran
