"""The five shipped jobs at work on the readings of a simulated fleet, in a project of a test's own.

The judge is the oracle of the demo: plain Python that computes every result anew from the readings.
"""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from headgate.clients.records.reader import RecordReader
from headgate.clients.records.wire_format import Decoder
from headgate.clients.registry import Registry
from headgate.demo.caught_up import wait_until_caught_up
from headgate.demo.oracle.compare import Verdict
from headgate.demo.oracle.cut import take_cut
from headgate.demo.oracle.live import judge_live
from headgate.ids import JobName, TopicName
from headgate.ledger.records import DeploymentRecord

from harness.own_airflow import OwnAirflow
from harness.pauses import Arrivals
from harness.sample_project import HEADGATE, SampleProject
from harness.stack import PROJECT
from harness.waiting import until

SPANS: Mapping[JobName, tuple[str, str]] = {
    JobName("device-minutes"): ("window_start", "window_end"),
    JobName("class-trends"): ("window_start", "window_end"),
    JobName("device-sessions"): ("session_start", "session_end"),
    JobName("threshold-breaches"): ("normal_time", "breach_confirmed"),
    JobName("stuck-sensors"): ("window_start", "window_end"),
}
"""Job, which has its topic's name → the fields of a result between which its readings lie."""

LONGEST_WINDOW = timedelta(minutes=2)
PATIENCE = 900.0
_FLEET = {"--devices": 1000, "--rate": 300, "--seed": 11}
"""Time passes as by the clock. So many devices that a sensor is stuck, a limit is broken or a
session ends about every second, and results pause by no chance."""


def declare_shipped(project: SampleProject, **more: Any) -> None:
    """Give a project the shipped schemas and jobs, with more keys in each job.yaml."""
    shutil.copytree(PROJECT / "schemas", project.root / "schemas", dirs_exist_ok=True)
    for job in SPANS:
        folder = project.root / "flink_jobs" / job
        shutil.copytree(PROJECT / "flink_jobs" / job, folder)
        declared = yaml.safe_load((folder / "job.yaml").read_text())
        (folder / "job.yaml").write_text(yaml.safe_dump({**declared, **more}))


class ShippedJobs:
    """What they have published, when it was seen, and what it is worth."""

    def __init__(self, airflow: OwnAirflow) -> None:
        self.services = airflow.project.services
        self._environment = self.services.environment
        self.arrivals = {job: Arrivals(self._environment.settings.kafka, job) for job in SPANS}
        self.steady_since = 0.0

    def latest(self, job: JobName) -> DeploymentRecord:
        return self.services.ledger.deployments(job)[0]

    def await_result(self, job: JobName, after: float) -> None:
        """Until one is seen that came after a moment (`time.time`)."""
        until(
            lambda: self.arrivals[job].any_since(after),
            seconds=PATIENCE,
            what=f"{job} publishes",
        )

    def await_event_time(self, moment: float) -> None:
        """Until the readings of all partitions are past a moment (epoch seconds)."""

        def has_come() -> bool:
            watermark = take_cut(self._environment).watermark
            return watermark is not None and watermark > moment * 1000

        until(has_come, seconds=PATIENCE, what="event time goes on", every=2)

    def await_steady(self, length: timedelta) -> None:
        """Until all have published, and then for so long, in which nothing is done to them."""
        began = time.time()
        for job in self.arrivals:
            self.await_result(job, began)
        self.steady_since = time.time()
        self.await_event_time(self.steady_since + length.total_seconds())

    def usual_pause_seconds(self, job: JobName, end: float) -> float:
        """The longest one from when all was steady to the `end`."""
        return self.arrivals[job].longest_whole_pause_seconds(self.steady_since, end)

    def verdicts(self) -> Mapping[JobName, Verdict]:
        """Of the oracle, on everything that has been published since the beginning."""
        cut = take_cut(self._environment)
        wait_until_caught_up(
            self.services,
            list(SPANS),
            cut,
            deadline=timedelta(seconds=PATIENCE),
            tell=lambda _line: None,
        )
        return judge_live(self._environment, cut=cut)

    def across(self, job: JobName, instant: int) -> int:
        """How many results have readings on either side of an instant (epoch ms)."""
        topic, (start, end) = TopicName(job), SPANS[job]
        settings = self._environment.settings
        decoder = Decoder(Registry(settings.registry).by_id, plain=True)
        with RecordReader(settings.kafka, decoder) as reader:
            return sum(
                record.value[start] < instant < record.value[end]
                for batch in reader.read(topic, "earliest", reader.end(topic))
                for record in batch
            )


@contextmanager
def shipped_jobs(airflow: OwnAirflow, log: Path, **more: Any) -> Iterator[ShippedJobs]:
    """Deploy all five by the DAG; from then on readings flow until the block ends.

    There are none before: a job that begins behind counts a partition as idle which it has not
    read for `idle_after`, as can be on a busy machine, and drops what then comes of it as late.
    `more` are keys of each job.yaml, `log` is a file for what the fleet says.
    """
    project = airflow.project
    declare_shipped(project, **more)
    applied = project.run("apply", "--yes", timeout=PATIENCE)
    assert applied.code == 0, applied.out + applied.err
    jobs = ShippedJobs(airflow)
    with ExitStack() as watched:
        for arrivals in jobs.arrivals.values():
            watched.enter_context(arrivals.watched())
        run, state = airflow.run("deploy_job", jobs=list(SPANS))
        assert state == "success", (run, airflow.states("deploy_job", run))
        watched.enter_context(_fleet(project, log))
        yield jobs
    project.end_all_jobs()


@contextmanager
def _fleet(project: SampleProject, log: Path) -> Iterator[None]:
    options = [str(part) for option in _FLEET.items() for part in option]
    with log.open("w") as said:
        fleet = subprocess.Popen(
            [*HEADGATE, "simulate", *options],
            cwd=project.root,
            env=project.environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
            assert fleet.poll() is None, log.read_text()
        finally:
            fleet.send_signal(signal.SIGTERM)
            fleet.wait(timeout=60)
