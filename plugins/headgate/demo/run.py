"""The demo: the whole way from nothing to published windows that an oracle has checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from headgate.clients.airflow_api import AirflowApi
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.demo.caught_up import Cut, take_cut, wait_until_caught_up
from headgate.demo.dag_runs import Tell, run_dag
from headgate.demo.oracle.compare import Verdict
from headgate.demo.oracle.live import judge_live
from headgate.ids import JobName
from headgate.local.access import Access, read_access
from headgate.local.programs import start_program
from headgate.local.stack import up
from headgate.local.starting import Report
from headgate.operations.services import Services
from headgate.spec.declared import Declared
from headgate.spec.load import load_declared

FLEET = "fleet"
"""Name of the simulated devices among the stack's services."""


@dataclass(frozen=True)
class Fleet:
    """The simulated devices: readings per second on the wall clock, and how fast time passes."""

    devices: int = 1_200
    rate: int = 2_500
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
        airflow = AirflowApi(access.airflow.address, access.airflow.user, access.airflow.password)
        self._run_dag(airflow, "register_schemas", {})
        self._run_dag(airflow, "provision_topics", {})
        self.show.stage(f"Start {self.fleet.devices:,} simulated devices")
        self._start_fleet()
        fleet_began = self.clock.monotonic()
        self._run_dag(airflow, "deploy_job", {"jobs": sorted(declared.jobs)})
        first_window = self._wait_for_first_window(services, declared, began)
        cut = self._wait_for_readings(services)
        rate = cut.readings / (self.clock.monotonic() - fleet_began)
        verdicts = self._judge(services, declared, cut)
        return DemoResult(
            jobs=self._rows(declared, verdicts, cut),
            readings=cut.readings,
            readings_per_second=rate,
            first_window_after=first_window,
            access=access,
        )
