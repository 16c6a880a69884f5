"""A stack of a test's own, whose servers it may kill: Kafka, registry and one Flink cluster."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.local.layout import layout_of
from headgate.local.stack import down, processes, up
from headgate.spec.declared import NamedEnvironment

from harness.stack import KEEP, PROJECT
from harness.waiting import until

LINES = ("2.2", "2.3")
PATIENCE = 900.0


@dataclass(frozen=True)
class OwnStack:
    """Its supervisor starts again what is killed."""

    name: str
    environment: NamedEnvironment
    line: str = "2.3"
    project: Path = PROJECT
    more_lines: tuple[str, ...] = ()

    def pid(self, service: str) -> int | None:
        """The process of a service, while it runs."""
        found = (one for one in processes(self.project, self.name) if one.service == service)
        return next((one.pid for one in found), None)

    def kill(self, service: str) -> int:
        """SIGKILL of a service's process, by its own id; returns when it is gone."""
        killed = self.pid(service)
        assert killed is not None, f"{service} does not run"
        os.kill(killed, signal.SIGKILL)
        until(lambda: self.pid(service) != killed, seconds=PATIENCE, what=f"{service} is gone")
        return killed

    @contextmanager
    def paused(self, service: str) -> Iterator[None]:
        """A service's process stands still (SIGSTOP) until the block ends."""
        pid = self.pid(service)
        assert pid is not None, f"{service} does not run"
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def await_ready(self) -> None:
        """Until every service of it is ready again."""
        until(self._is_up, seconds=PATIENCE, what=f"the stack {self.name} is ready")

    def set_flink_option(self, key: str, value: str) -> None:
        """Set an option of the cluster; it holds from the next start of its JobManager."""
        layout = layout_of(self.project, self.name)
        file = layout.service(f"flink-{self.line}") / "conf" / "config.yaml"
        lines = [line for line in file.read_text().splitlines() if not line.startswith(f"{key}:")]
        file.write_text("\n".join([*lines, f"{key}: {value}", ""]))

    def _is_up(self) -> bool:
        from headgate.local.flink import answers_overview, has_free_slots

        clusters = self.environment.settings.flink
        urls = [clusters[line].rest for line in (self.line, *self.more_lines)]
        return all(answers_overview(url) is None and has_free_slots(url) is None for url in urls)


@contextmanager
def own_stack(name: str, line: str = "2.3", *, also: str | None = None) -> Iterator[OwnStack]:
    """A stack of that name: one that runs is used as it is. Taken down unless it is to be kept.

    `also` names a second Flink line that it has.
    """
    environment = _up(name, (line, also))
    try:
        yield OwnStack(name, environment, line, more_lines=(also,) if also else ())
    finally:
        if os.environ.get(KEEP) != "1":
            down(PROJECT, name)


def _up(name: str, lines: tuple[str | None, ...]) -> NamedEnvironment:
    """On a machine that is very busy a JobManager may miss its own deadlines once."""
    without = {"airflow", *(f"flink-{other}" for other in LINES if other not in lines)}
    try:
        return up(PROJECT, name, without)
    except HeadgateError:
        return up(PROJECT, name, without)
