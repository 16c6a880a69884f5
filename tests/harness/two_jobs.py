"""Two versions of one job that run side by side, each on a fake JobManager of its own."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from headgate.ids import FlinkJobId, FlinkLineName, JobName, flink_job_id
from headgate.ledger.records import Json
from headgate.operations.engine.step import Done, Intention, Look, Pending, Run, Step
from headgate.operations.handover_bounds import bounds_file, bounds_given, write_bounds
from headgate.plan.handover import CLOSED, Bounds

from harness.fake_flink import FakeFlink, FakeJob
from harness.fake_gate import FakeGate
from harness.offline_project import ENVIRONMENT, LINE, OfflineProject

JOB = JobName("beats-per-second")
NEW_LINE = FlinkLineName("2.2")
BEGAN = 1_772_323_200_000
"""Event time at which the second job has caught up; epoch milliseconds."""


class TwoJobs:
    """The first one is recorded and publishes, the gates of the second one are closed.

    Time of events and time of the machine go on together.
    """

    def __init__(self, project: OfflineProject, second: FakeFlink) -> None:
        self.project = project
        self.first, self.second = project.flink, second
        self._add_line(second)
        self.old = project.job(JOB)
        job_id = flink_job_id(ENVIRONMENT, JOB, 2, 1)
        self.new = second.jobs[job_id] = FakeJob(job_id, JOB)
        self.lease = project.lease(JOB, "hand over", kind="upgrade")
        self.services = project.services
        for job in (self.old, self.new):
            job.restarts = 0
            job.gates = [FakeGate(self.file(job)) for _ in range(2)]
        self.give(self.new, CLOSED)
        self.come_to(BEGAN)

    def _add_line(self, second: FakeFlink) -> None:
        settings = self.project.environment
        cluster = settings.flink[LINE].model_copy(update={"rest": second.address})
        clusters = {**settings.flink, NEW_LINE: cluster}
        self.project.environment = settings.model_copy(update={"flink": clusters})

    def file(self, job: FakeJob) -> Path:
        """The file that its gates read."""
        return bounds_file(self.services, JOB, FlinkJobId(job.id))

    def give(self, job: FakeJob, bounds: Bounds) -> None:
        """Tell the gates of one job."""
        write_bounds(self.file(job), bounds)

    def given(self, job: FakeJob) -> Bounds:
        """What they were told."""
        return bounds_given(self.file(job))

    def come_to(self, instant: int, *jobs: FakeJob) -> None:
        """Results with that bound come out of these jobs, or of both."""
        for job in jobs or (self.old, self.new):
            job.watermark = instant
            for gate in job.gates:
                gate.judge(instant)

    def go_on(self, duration: timedelta, *jobs: FakeJob) -> None:
        """Both, or these, come so much further."""
        self.project.time.at += duration
        for job in jobs or (self.old, self.new):
            assert job.watermark is not None
            self.come_to(job.watermark + round(duration.total_seconds() * 1000), job)

    def run(self, **evidence: Json) -> Run:
        """The operation, in which the steps before have found this."""
        operation = self.services.ledger.operation(self.lease.operation_id)
        assert operation is not None
        return Run(operation, self.lease, self.services, {**self._before(), **evidence})

    def _before(self) -> dict[str, Json]:
        return {
            "plan": {
                "stop": self.old.id,
                "line": NEW_LINE,
                "deadline_seconds": 60.0,
                "generation": 2,
                "attempt": 1,
                "parallelism": 2,
                "plan_digest": "p2",
                "spec_digest": "s2",
                "writes": [],
            },
            "state": {"old_gates": 2, "new_gates": 2, "manifest": None},
            "submit": {"flink_job_id": self.new.id, "restore_from": "file:/beside"},
        }


class Taken:
    """One step, looked at and acted upon as the engine does, as often as a test says."""

    def __init__(self, jobs: TwoJobs, step: Step, run: Run) -> None:
        self.jobs, self.step, self.run = jobs, step, run
        self.intent = step.intend(run)
        self.began = jobs.project.time.at
        self.progress: dict[str, Any] = {}

    @property
    def intention(self) -> Intention:
        """As the ledger has it."""
        return Intention(self.intent, self.progress, self.jobs.project.time.at - self.began)

    def look(self) -> Look:
        """One look; what it must remember is remembered."""
        looked = self.step.look(self.run, self.intention)
        if isinstance(looked, Pending) and looked.progress is not None:
            self.progress = dict(looked.progress)
        return looked

    def act(self) -> None:
        """Whatever the last look said."""
        self.step.act(self.run, self.intention)

    def pending(self) -> str:
        """What it waits for."""
        looked = self.look()
        assert isinstance(looked, Pending), looked
        return looked.note

    def done(self) -> Json:
        """The evidence of a look that finds it done."""
        looked = self.look()
        assert isinstance(looked, Done), looked
        return looked.evidence


def recorded(jobs: TwoJobs, job: FakeJob, **changes: Any) -> None:
    """A row for a job that runs, as that of the first one but for `changes`."""
    ledger = jobs.services.ledger
    row = replace(ledger.deployments(JOB)[-1], flink_job_id=FlinkJobId(job.id), **changes)
    ledger.add_deployment(jobs.lease, row)
