"""A job at work on a steady stream: operated on, killed while that goes on, and judged."""

import json
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from headgate.clients.flink import JobPicture
from headgate.clients.registry import Registry
from headgate.clients.storage import snapshots_below
from headgate.errors import HeadgateError, Indeterminate, NeedsOperator, Unavailable
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, Json, OperationRecord
from headgate.operations.engine.engine import Listener
from headgate.operations.engine.running import (
    operation_of,
    resume_operation,
    run_operation,
    succeeded,
)
from headgate.operations.savepointing.found_savepoint import savepoint_root
from headgate.operations.services import Services
from headgate.spec.declared import NamedEnvironment

from harness.beats import Beats
from harness.faults.boundaries import Boundary
from harness.faults.judge import Verdict, judge
from harness.faults.one_job import never_more_jobs
from harness.faults.published import Published
from harness.sample_project import SampleProject
from harness.waiting import until

PATIENCE = 900.0
DIE_AT = (sys.executable, "-m", "harness.die_at")


@dataclass(frozen=True)
class Traces:
    """What operations have left, counted."""

    deployments: int
    savepoints: int
    folders: int
    """Savepoints in storage, whether the ledger has them or not."""

    def plus(self, *, deployments: int = 0, savepoints: int = 0) -> "Traces":
        """With so many effects more; a savepoint is one in the ledger and one in storage."""
        return Traces(
            self.deployments + deployments,
            self.savepoints + savepoints,
            self.folders + savepoints,
        )


@dataclass(frozen=True)
class Ended:
    """How an operation ended: succeeded, failed, needs_operator, or open where it may go on."""

    state: str
    reason: str = ""


class LiveJob:
    """One job, and all that it has published since it began."""

    def __init__(
        self,
        project: SampleProject,
        line: str,
        lines: Sequence[str] = (),
        *,
        beats: type[Beats] = Beats,
        at_most: int = 1,
        **job: Any,
    ) -> None:
        """`lines` are those on which it may run, `job` is what its job.yaml has besides.

        `at_most` so many Flink jobs of its name may run: two where it is handed over.
        """
        self.project = project
        self._line = line
        self._lines = tuple(lines) or (line,)
        self._job = job
        self._changes = 0
        self._forgiven: set[int] = set()
        self._at_most = at_most
        self._beats = beats(project, f"beats-{uuid4().hex[:6]}", flink=line, **job)
        self.name = JobName(self._beats.job)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Apply the contracts, send beats, deploy; never two jobs of that name meanwhile."""
        applied = self.project.run("apply", "--yes", timeout=PATIENCE)
        assert applied.code == 0, applied.out + applied.err
        settings = self.services.environment.settings
        schema = Registry(settings.registry).latest(f"{self.name}-value")
        assert schema is not None
        self._published = Published(settings.kafka, self.name, schema.text)
        clients = [self.project.flink(line) for line in self._lines]
        with self._beats.beating(), never_more_jobs(clients, self.name, than=self._at_most):
            self.run("deploy")
            yield

    @property
    def services(self) -> Services:
        """Opened anew, as by a process of its own."""
        return self.project.services

    def change(self, **job: Any) -> None:
        """Declare it otherwise, so that deploying it replaces what runs."""
        self._changes += 1
        interval = f"{500 + self._changes}ms"
        self.declare(**{"checkpoint_interval": interval, **job})

    def declare(self, **job: Any) -> None:
        """Write its job.yaml anew, with these keys in the place of its own."""
        self._beats.declare(**{"flink": self._line, **self._job, **job})

    def forget_compiled_plan(self) -> None:
        """So that the next deployment fetches the plan from what ran before."""
        folder = self.services.environment.settings.artefacts / self.name / "plans"
        for file in folder.glob("*.json"):
            file.unlink()

    def run(
        self, kind: str, listener: Listener = lambda _event: None, **options: Any
    ) -> OperationRecord:
        """Run an operation to its end in this process. Raises as `run_operation`."""
        services = self.services
        request = operation_of(kind).request(services, self.name, options)
        return run_operation(
            services, kind, self.name, request, surface="a test", listener=listener
        )

    def end_of(self, kind: str, listener: Listener = lambda _event: None, **options: Any) -> Ended:
        """Run an operation and say how it ended."""
        try:
            self.run(kind, listener, **options)
        except (Unavailable, Indeterminate) as error:
            is_open = self.services.ledger.running_operation(self.name) is not None
            return Ended("open" if is_open else "failed", str(error))
        except NeedsOperator as error:
            return Ended("needs_operator", str(error))
        except HeadgateError as error:
            return Ended("failed", str(error))
        return Ended("succeeded")

    def die(self, kind: str, moment: Boundary, **options: Any) -> None:
        """Run an operation in a process that is killed at that moment."""
        given = (*moment, kind, self.name, "", json.dumps(options))
        ran = self.project.run(*given, command=DIE_AT, timeout=PATIENCE)
        assert ran.code == -signal.SIGKILL, ran.out + ran.err

    def evidence(self, operation: OperationRecord, step: str) -> Json:
        """What a step of an operation has found."""
        steps = self.services.ledger.steps(operation.id)
        return next(one.evidence for one in steps if one.name == step)

    def ensure_running(self) -> DeploymentRecord:
        """Continue it where the test before has left it stopped or broken."""
        if not self.is_running or self.latest.state != "healthy":
            self.run("deploy")
        return self.assert_one_healthy()

    def ready(self) -> Self:
        """Brought back, running, and with a checkpoint of its own since: as a test expects it."""
        self.bring_back()
        self.ensure_running()
        self.await_checkpoints(1)
        return self

    def bring_back(self) -> None:
        """As a person would: bring what is open to its end, recover a job that Flink has lost."""
        services = self.services
        left_open = services.ledger.running_operation(self.name)
        if left_open is not None:
            succeeded(resume_operation(services, left_open, surface="a test"))
        if self.latest.state not in {"stopped", "cancelled"} and not self.is_running:
            self.run("recover")

    def await_results(self, more: int) -> None:
        """Until so many more windows are published."""
        before = len(self._published.windows(within=PATIENCE))
        until(
            lambda: len(self._published.windows(within=PATIENCE)) >= before + more,
            seconds=PATIENCE,
            what=f"{more} windows more are published",
        )

    def await_input(self, more: int) -> None:
        """Until so many more windows are closed by what was sent, published or not."""
        before = len(self._beats.closed_windows())
        until(
            lambda: len(self._beats.closed_windows()) >= before + more,
            seconds=PATIENCE,
            what=f"{more} windows more are closed",
        )

    @property
    def latest(self) -> DeploymentRecord:
        return self.services.ledger.deployments(self.name)[0]

    @property
    def is_running(self) -> bool:
        return bool(self._running())

    @property
    def picture(self) -> JobPicture:
        picture = self.project.flink(self.latest.line).job(self.latest.flink_job_id)
        assert picture is not None
        return picture

    @property
    def traces(self) -> Traces:
        """Deployments and savepoints in the ledger, savepoints in storage."""
        services = self.services
        below = snapshots_below(savepoint_root(services, self.name), levels=(3,))
        return Traces(
            len(services.ledger.deployments(self.name)),
            len(services.ledger.snapshots(self.name)),
            len(below),
        )

    def cancel_in_flink(self) -> None:
        """End it past headgate, and wait until Flink's list and its page of the job both say so.

        The page may be older than the list, by `web.refresh-interval`.
        """
        self.project.flink(self.latest.line).cancel(self.latest.flink_job_id)
        until(
            lambda: not self.is_running and self.picture.is_terminal,
            seconds=PATIENCE,
            what="the job has ended",
        )

    def await_checkpoints(self, more: int) -> None:
        """Until so many more checkpoints of the present submission have completed."""
        before = self.picture.checkpoints.completed
        until(
            lambda: self.picture.checkpoints.completed >= before + more,
            seconds=PATIENCE,
            what=f"{more} checkpoints complete",
        )

    def assert_one_healthy(self) -> DeploymentRecord:
        """One Flink job, which the ledger knows as healthy, and no operation left open."""
        (running,) = self._running()
        latest = self.latest
        assert (latest.flink_job_id, latest.state) == (running, "healthy")
        assert self.services.ledger.running_operation(self.name) is None
        return latest

    def assert_deploy_plans_nothing(self) -> None:
        """Deploying what runs keeps it, and leaves no trace."""
        before, traces = self.assert_one_healthy(), self.traces
        kept = self.run("deploy")
        assert self.evidence(kept, "plan")["action"] == "keep"
        assert (self.assert_one_healthy().flink_job_id, self.traces) == (
            before.flink_job_id,
            traces,
        )

    def assert_stopped_once(self) -> None:
        """Nothing runs; stopping again is refused, and leaves no trace."""
        before = self.traces
        assert not self.is_running
        assert self.latest.state == "stopped"
        assert self.services.ledger.running_operation(self.name) is None
        again = self.end_of("stop")
        assert (again.state, "does not run" in again.reason) == ("failed", True), again
        assert self.traces == before

    def _running(self) -> list[FlinkJobId]:
        return [job for line in self._lines for job in self.project.live(self.name, line)]

    def verdict(self) -> Verdict:
        """On all that is published by now."""
        published = self._published.windows(within=PATIENCE)
        found = judge(self._beats.closed_windows(), published)
        return replace(found, repeated=sorted(set(found.repeated) - self._forgiven))

    def offsets_of_windows(self) -> list[tuple[int, int]]:
        """Offset and start of every published window."""
        windows = self._published.windows(within=PATIENCE)
        return [
            (offset, start)
            for offset, (start, _) in zip(self._published.offsets, windows, strict=True)
        ]

    def forgive(self, windows: Collection[int]) -> None:
        """These were published twice, and that was said: later verdicts pass over it."""
        self._forgiven |= set(windows)

    def assert_exactly_once(self) -> None:
        """No window up to the newest published one is lost, repeated or wrong."""
        verdict = self.verdict()
        assert verdict.is_exactly_once, verdict
        assert verdict.judged > 0

    def assert_all_published(self) -> int:
        """The same of every window that has been closed by now; how many they are."""
        last = max(self._beats.closed_windows())
        until(
            lambda: any(start >= last for start, _ in self._published.windows(within=PATIENCE)),
            seconds=PATIENCE,
            what="the last closed window is published",
            every=1,
        )
        self.assert_exactly_once()
        return self.verdict().judged


@contextmanager
def live_job(
    environment: NamedEnvironment, line: str, folder: Path, **options: Any
) -> Iterator[LiveJob]:
    """A job at work in a project of its own, which is called after its folder.

    `options` as of `LiveJob`.
    """
    name = f"{folder.name.rstrip('0123456789')}-{uuid4().hex[:6]}"
    project = SampleProject(folder / "project", environment, name)
    job = LiveJob(project, line, **options)
    with job.at_work():
        yield job
    project.end_all_jobs()
