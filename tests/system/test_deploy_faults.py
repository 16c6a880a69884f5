"""Deploy, killed before and after each effect: run again, there is exactly one running job."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from harness.proxy import Proxy
from harness.sample_project import TIMESTAMP, SampleProject
from harness.stack import RunningStack
from harness.waiting import until
from headgate.ids import JobName

LINE = "2.3"
SQL = """
INSERT INTO {job}_counts
SELECT window_start, window_end, COUNT(*) AS readings
FROM TABLE(TUMBLE(TABLE heart_beats, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""
DIE_AT = (sys.executable, "-m", "harness.die_at")
MOMENTS = [
    (step, phase)
    for step in ("plan", "compile", "stage", "submit")
    for phase in ("intended", "acting", "acted", "done")
    if (step, phase) not in {("plan", "acting"), ("plan", "acted")}  # it only reads
] + [("healthy", phase) for phase in ("intended", "pending", "acting", "acted", "done")]


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    project = SampleProject(tmp_path_factory.mktemp("faults") / "project", stack, "deploy-faults")
    project.topic("heart-beats", [("beat_time", TIMESTAMP)], partitioning="none")
    return project


@pytest.fixture
def job(project: SampleProject) -> Iterator[str]:
    """A job of the test's own, declared and with its topic there, but never deployed."""
    name = f"kill-{uuid4().hex[:8]}"
    columns = [("window_start", TIMESTAMP), ("window_end", TIMESTAMP), ("readings", "long")]
    project.topic(f"{name}-counts", columns, partitioning="none")
    project.job(
        name,
        SQL.format(job=name.replace("-", "_")),
        flink=LINE,
        sources={"heart-beats": {"event_time": "beat_time"}},
        sinks=[f"{name}-counts"],
        checkpoint_interval="500ms",
        health={"checkpoints": 1},
    )
    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.err
    yield name
    project.use()
    project.end_all_jobs()


def assert_exactly_one_healthy_job(project: SampleProject, job: str) -> None:
    (running,) = project.live(job, LINE)
    ledger = project.services.ledger
    deployments = ledger.deployments(JobName(job))
    assert [(d.flink_job_id, d.state) for d in deployments] == [(running, "healthy")]
    assert ledger.running_operation(JobName(job)) is None


@pytest.mark.parametrize(("step", "phase"), MOMENTS)
def test_deploy__killed_at_a_step_boundary(
    project: SampleProject, job: str, step: str, phase: str
) -> None:
    """Step: SIGKILL of the deploying process. Expected: run again, one job, one deployment."""
    killed = project.run(step, phase, "deploy", job, command=DIE_AT)
    assert killed.code == -signal.SIGKILL, killed.err

    again = project.run("deploy", job)

    assert again.code == 0, again.err
    assert_exactly_one_healthy_job(project, job)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/jars/upload"), ("POST", "/jars/.*/run"), ("DELETE", "/jars/")]
)
def test_deploy__killed_while_a_call_is_under_way(
    project: SampleProject,
    job: str,
    method: str,
    path: str,
    moment: Literal["before", "after"],
) -> None:
    """Step: SIGKILL while Flink has not yet seen a call, or has answered it unheard.

    Expected: run again, one job, one deployment.
    """
    proxy = Proxy(project.services.environment.settings.flink[LINE].rest)
    project.use(flink=project.flink_at(LINE, proxy.address))
    with proxy.holding(method, path, moment) as hold:
        process = project.start("deploy", job)
        assert hold.reached.wait(timeout=60), process.communicate(timeout=5)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)

    again = project.run("deploy", job)

    assert again.code == 0, again.err
    assert_exactly_one_healthy_job(project, job)
    proxy.close()


def test_deploy__two_at_once(project: SampleProject, job: str) -> None:
    """Step: the same deployment twice at the same time. Expected: one job, nobody harmed."""
    processes = [project.start("deploy", job) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in processes]

    # One may find itself superseded by the other, which then brings the operation to its end.
    assert 0 in [process.returncode for process in processes], outputs
    assert_exactly_one_healthy_job(project, job)


def test_deploy__frozen_attempt_wakes_up_after_its_successor(
    project: SampleProject, job: str, tmp_path: Path
) -> None:
    """Step: SIGSTOP of the first attempt, a second one finishes, SIGCONT.

    Expected: the late attempt writes nothing and starts nothing.
    """
    proxy = Proxy(project.services.environment.settings.flink[LINE].rest)
    project.use(flink=project.flink_at(LINE, proxy.address))
    with proxy.holding("POST", "/jars/upload", "before") as hold:
        frozen = project.start("deploy", job)
        assert hold.reached.wait(timeout=60)
        frozen.send_signal(signal.SIGSTOP)
    project.use()
    successor = project.run("deploy", job)
    assert successor.code == 0, successor.err

    frozen.send_signal(signal.SIGCONT)
    output = frozen.communicate(timeout=120)[0]

    assert frozen.returncode == 1, output
    assert "in the hands of" in output
    assert_exactly_one_healthy_job(project, job)
    proxy.close()


def test_deploy__stopped_and_deployed_again_continues_from_its_savepoint(
    project: SampleProject, job: str
) -> None:
    """Step: deploy, stop, deploy. Expected: the second run is restored from the savepoint."""
    assert project.run("deploy", job).code == 0
    stopped = project.run("stop", job)
    assert stopped.code == 0, stopped.err
    assert project.live(job, LINE) == []

    assert project.run("deploy", job).code == 0

    ledger = project.services.ledger
    (savepoint,) = ledger.snapshots(JobName(job))
    latest = ledger.deployments(JobName(job))[0]
    assert latest.restored_from == savepoint.location
    picture = until(
        lambda: project.flink(LINE).job(latest.flink_job_id), seconds=10, what="job is known"
    )
    assert picture.restored is not None
    assert picture.restored.path == savepoint.location
    assert (latest.generation, latest.attempt) == (1, 2)


def test_deploy__cancelled_by_hand_continues_from_its_last_checkpoint(
    project: SampleProject, job: str
) -> None:
    """Step: cancel in Flink, deploy. Expected: restored from the newest retained checkpoint."""
    assert project.run("deploy", job).code == 0
    (running,) = project.live(job, LINE)
    project.flink(LINE).cancel(running)
    until(lambda: not project.live(job, LINE), seconds=30, what="the job has ended")

    again = project.run("deploy", job)

    assert again.code == 0, again.err
    latest = project.services.ledger.deployments(JobName(job))[0]
    assert latest.restored_from is not None
    assert f"/{running}/chk-" in latest.restored_from
