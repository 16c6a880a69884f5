"""The demo: the whole way from nothing to published windows that an oracle has checked."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from headgate.clients.airflow_api import AirflowApi
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.demo.caught_up import wait_until_caught_up
from headgate.demo.dag_runs import Tell, run_dag
from headgate.demo.first_window import FirstWindow
from headgate.demo.oracle.compare import Verdict
from headgate.demo.oracle.cut import Cut, take_cut
from headgate.demo.oracle.live import judge_live
from headgate.errors import Unavailable
from headgate.ids import JobName
from headgate.local.access import Access, read_access
from headgate.local.programs import start_program
from headgate.local.stack import up
from headgate.local.starting import Report
from headgate.operations.services import Services
from headgate.spec.declared import Declared
from headgate.spec.load import load_declared
from headgate.spec.quantities import format_duration

FLEET = "fleet"
"""Name of the simulated devices among the stack's services."""
_LOOK = timedelta(seconds=1)
_DAG_DEADLINE = timedelta(minutes=10)
_FIRST_WINDOW = timedelta(minutes=5)
_CAUGHT_UP = timedelta(minutes=5)


@dataclass(frozen=True)
class Fleet:
    """The simulated devices: readings per second on the wall clock, and how fast time passes."""

    devices: int = 400
    rate: int = 2_400
    speed: int = 10
    since: timedelta = timedelta(minutes=45)
    seed: int = 2026


@dataclass(frozen=True)
class JobResult:
    """One row of the closing table."""

    job: JobName
    line: str
    readings: int
    verdict: Verdict


@dataclass(frozen=True)
class DemoResult:
    """What the oracle found, and where a person goes on from here."""

    jobs: tuple[JobResult, ...]
    readings: int
    readings_per_second: float
    first_window_after: timedelta
    access: Access

    @property
    def good(self) -> bool:
        """Nothing lost, repeated or wrong, and every job had results that were due."""
        return all(row.verdict.good and row.verdict.windows_due for row in self.jobs)


@dataclass(frozen=True)
class Show:
    """How the demo tells what it does: a new stage, a line within it, services that come up."""

    stage: Callable[[str], None]
    line: Tell
    services: Report


@dataclass(frozen=True)
class Demo:
    """One run of the demo on one stack."""

    project: Path
    stack: str
    readings: int
    fleet: Fleet
    show: Show
    clock: Clock = SYSTEM_CLOCK

    def run(self) -> DemoResult:
        """Everything, in the order in which a person would do it."""
        began = self.clock.monotonic()
        declared = load_declared(self.project)
        self.show.stage("Start Kafka, the schema registry, two Flink clusters and Airflow")
        environment = up(self.project, self.stack, progress=self.show.services)
        services = Services(self.project, environment, self.clock)
        access = read_access(self.project, self.stack)
        airflow = AirflowApi(access.airflow, access.user, access.password)
        self._run_dag(airflow, "register_schemas", {})
        self._run_dag(airflow, "provision_topics", {})
        self.show.stage(f"Start {self.fleet.devices:,} simulated devices")
        readings_before = take_cut(services.environment).readings
        first_window = FirstWindow(services, declared, began)
        self._start_fleet()
        fleet_began = self.clock.monotonic()
        self._run_dag(airflow, "deploy_job", {"jobs": sorted(declared.jobs)}, first_window.look)
        self.show.stage("Wait for the first published window")
        self._wait(first_window.look, lambda: "no window is published yet", _FIRST_WINDOW)
        cut = self._wait_for_readings(services)
        rate = (cut.readings - readings_before) / (self.clock.monotonic() - fleet_began)
        verdicts = self._judge(services, declared, cut)
        return DemoResult(
            jobs=self._rows(declared, verdicts, cut),
            readings=cut.readings,
            readings_per_second=rate,
            first_window_after=first_window.after,
            access=access,
        )

    def _run_dag(
        self,
        airflow: AirflowApi,
        dag_id: str,
        conf: Mapping[str, Any],
        look: Callable[[], object] = lambda: None,
    ) -> None:
        """`look` is called again and again meanwhile."""

        def tell(line: str) -> None:
            look()
            self.show.line(line)

        self.show.stage(f"Run the DAG {dag_id} through Airflow's REST API")
        run_id = f"demo-{self.clock.now():%Y%m%dT%H%M%S}"
        run_dag(
            airflow,
            dag_id,
            run_id,
            conf,
            clock=self.clock,
            deadline=_DAG_DEADLINE,
            tell=tell,
        )

    def _start_fleet(self) -> None:
        options = {
            "--devices": self.fleet.devices,
            "--rate": self.fleet.rate,
            "--speed": self.fleet.speed,
            "--since": format_duration(self.fleet.since),
            "--seed": self.fleet.seed,
        }
        arguments = [text for option, value in options.items() for text in (option, str(value))]
        start_program(
            self.project,
            self.stack,
            FLEET,
            [sys.executable, "-m", "headgate.cli.main", "simulate", *arguments],
            {"HEADGATE_PROJECT": str(self.project), "HEADGATE_STACK": self.stack},
        )

    def _wait_for_readings(self, services: Services) -> Cut:
        self.show.stage(f"Wait for {self.readings:,} readings")

        def enough() -> bool:
            return take_cut(services.environment).readings >= self.readings

        def so_far() -> str:
            return f"{take_cut(services.environment).readings:,} of {self.readings:,} readings"

        seconds = 120 + 3 * self.readings / self.fleet.rate
        self._wait(enough, so_far, timedelta(seconds=seconds))
        return take_cut(services.environment)

    def _judge(self, services: Services, declared: Declared, cut: Cut) -> Mapping[JobName, Verdict]:
        self.show.stage("Wait until every job has published what these readings close")
        wait_until_caught_up(
            services, sorted(declared.jobs), cut, deadline=_CAUGHT_UP, tell=self.show.line
        )
        self.show.stage("Compare every published window with the oracle")
        return judge_live(
            services.environment,
            cut=cut,
            progress=lambda topic, count: self.show.line(f"{topic}: {count:,} records read"),
        )

    def _wait(
        self, condition: Callable[[], bool], so_far: Callable[[], str], deadline: timedelta
    ) -> None:
        end = self.clock.monotonic() + deadline.total_seconds()
        while not condition():
            if self.clock.monotonic() > end:
                raise Unavailable(
                    f"{so_far()}, after {deadline}", next_step="headgate status; headgate ps"
                )
            self.show.line(so_far())
            self.clock.sleep(_LOOK)

    def _rows(
        self, declared: Declared, verdicts: Mapping[JobName, Verdict], cut: Cut
    ) -> tuple[JobResult, ...]:
        return tuple(
            JobResult(job, declared.jobs[job].spec.flink, cut.readings, verdict)
            for job, verdict in verdicts.items()
            if job in declared.jobs
        )
