"""Start services as soon as what they need is ready, and wait until all are, or one dies."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from headgate.errors import Unavailable
from headgate.local.files import tail
from headgate.local.layout import Layout
from headgate.local.service import Service
from headgate.local.supervisor import ProcessState, Supervisor

_POLL_SECONDS = 0.2
_PROBE_EVERY_SECONDS = 0.5
_TAIL_LINES = 25
START_DEADLINE = timedelta(minutes=15)
"""Airflow alone took seven minutes on a machine with twenty times as much to do as it can."""


State = Literal["waiting", "starting", "ready", "failed", "undone"]


@dataclass(frozen=True)
class Progress:
    """Where one service is on its way up; `undone`: it is being stopped, because `up` failed."""

    service: str
    state: State
    seconds: float
    """Since `up` began."""
    detail: str
    """What is still missing, or the address once it is ready."""


Report = Callable[[Progress], None]


class Startup:
    """One run of bringing services up."""

    def __init__(
        self, layout: Layout, supervisor: Supervisor, services: Sequence[Service], report: Report
    ) -> None:
        self.started: list[str] = []
        """Services that this run started, for whoever has to undo it."""
        self._layout = layout
        self._supervisor = supervisor
        self._services = services
        self._report = report
        self._began = time.monotonic()
        self._ready: set[str] = set()
        self._begun: set[str] = set()
        self._pids: dict[str, int] = {}
        self._missing: dict[str, str] = {}
        self._looks: dict[str, Future[str | None]] = {}
        self._next_look: dict[str, float] = {}

    def run(self) -> None:
        """Return when every service is ready.

        Raises Unavailable, with the end of the log, as soon as a service dies, or when one is
        not ready by the deadline.
        """
        for service in self._services:
            self._tell(service, "waiting", ", ".join(service.after))
        pool = ThreadPoolExecutor(max_workers=max(1, len(self._services)))
        try:
            while len(self._ready) < len(self._services):
                self._step(pool)
                if time.monotonic() - self._began > START_DEADLINE.total_seconds():
                    self._give_up()
                time.sleep(_POLL_SECONDS)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _step(self, pool: ThreadPoolExecutor) -> None:
        states = self._supervisor.processes()
        for service in self._services:
            name = service.name
            if name in self._ready:
                self._refuse_death(service, states[name])
            elif name not in self._begun:
                free_to_start = states[name].state != "STOPPING"
                if free_to_start and self._ready.issuperset(set(service.after) & self._names()):
                    self._begin(service, states[name])
            else:
                self._refuse_death(service, states[name])
                self._look(pool, service, states[name])

    def _begin(self, service: Service, state: ProcessState) -> None:
        if state.state not in ("RUNNING", "STARTING"):
            self._supervisor.start(service.name)
            self.started.append(service.name)
        self._begun.add(service.name)
        self._tell(service, "starting", "")

    def _look(self, pool: ThreadPoolExecutor, service: Service, state: ProcessState) -> None:
        """Take the answer of the last probe, or send the next; never wait for one."""
        name = service.name
        if service.once and state.state != "EXITED":
            return
        look = self._looks.get(name)
        if look is None:
            if time.monotonic() >= self._next_look.get(name, 0):
                self._looks[name] = pool.submit(service.probe)
        elif look.done():
            del self._looks[name]
            self._next_look[name] = time.monotonic() + _PROBE_EVERY_SECONDS
            missing = look.result()
            if missing is None:
                self._ready.add(name)
                self._tell(service, "ready", service.address or "")
            elif missing != self._missing.get(name):
                self._missing[name] = missing
                self._tell(service, "starting", missing)

    def _refuse_death(self, service: Service, state: ProcessState) -> None:
        """A service that ended, or that the supervisor has already started again, has died."""
        first = self._pids.setdefault(service.name, state.pid) if state.pid else 0
        ended_well = service.once and state.state == "EXITED" and state.exit_code == 0
        died = state.state not in ("STARTING", "RUNNING") and not ended_well
        if died or (state.pid and state.pid != first):
            self._tell(service, "failed", "")
            reason = state.why or f"exit code {state.exit_code}"
            self._fail(service, f"{service.name} died while it started ({reason})")

    def _give_up(self) -> None:
        for service in self._services:
            if service.name not in self._ready:
                missing = self._missing.get(service.name, "it was never asked")
                minutes = START_DEADLINE // timedelta(minutes=1)
                self._fail(service, f"{service.name} was not ready in {minutes} minutes: {missing}")

    def _fail(self, service: Service, what: str) -> None:
        log = self._layout.log(service.name)
        lines = "\n".join(f"  | {line}" for line in tail(log, _TAIL_LINES))
        raise Unavailable(
            f"{what}. The end of its log:\n{lines}",
            still_true="What this call had started is stopped again.",
            next_step=f"read {log}, remove the cause, then `headgate up` again",
        )

    def _names(self) -> set[str]:
        return {service.name for service in self._services}

    def tell_undone(self) -> None:
        """Report that what was started is being stopped."""
        for service in self._services:
            if service.name in self.started:
                self._tell(service, "undone", "is being stopped")

    def _tell(self, service: Service, state: State, detail: str) -> None:
        self._report(Progress(service.name, state, time.monotonic() - self._began, detail))
