"""Deploy, killed before and after each effect: run again, there is exactly one running job."""

import signal
import sys
from collections.abc import Iterator
from typing import Literal
from uuid import uuid4

import pytest
from harness.faults.boundaries import chosen
from harness.proxy import Proxy
from harness.sample_project import TIMESTAMP, SampleProject
from harness.stack import RunningStack
from harness.waiting import until
from headgate.ids import JobName, sql_identifier

LINE = "2.3"
SOURCE = f"beats-{uuid4().hex[:8]}-in"
SQL = """
INSERT INTO {sink}
SELECT window_start, window_end, COUNT(*) AS beats
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""
DIE_AT = (sys.executable, "-m", "harness.die_at")
MOMENTS = [
    *((step, phase) for step in ("plan", "stage") for phase in ("intended", "done")),
    *(("submit", phase) for phase in ("intended", "acting", "acted", "done")),
    *(("healthy", phase) for phase in ("intended", "pending", "acting", "acted", "done")),
]
FIRST = {("stage", "done"), ("submit", "acting"), ("submit", "acted"), ("healthy", "acted")}
COMPILING = [("compile", phase) for phase in ("intended", "acting", "acted", "done")]


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    project = SampleProject(tmp_path_factory.mktemp("faults") / "project", stack, "deploy-faults")
    project.topic(SOURCE, [("beat_time", TIMESTAMP)], partitioning="none")
    return project


def declare(project: SampleProject) -> str:
    """A new job with its topic, never deployed."""
    name = f"beats-{uuid4().hex[:8]}"
    columns = [("window_start", TIMESTAMP), ("window_end", TIMESTAMP), ("beats", "long")]
    project.topic(name, columns, partitioning="none")
    project.job(
        name,
        SQL.format(sink=sql_identifier(name), source=sql_identifier(SOURCE)),
        flink=LINE,
        sources={SOURCE: {"event_time": "beat_time"}},
        sinks=[name],
        checkpoint_interval="500ms",
        health={"checkpoints": 1},
    )
    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.err
    return name


@pytest.fixture
def new_job(project: SampleProject) -> Iterator[str]:
    """A job that was never deployed: its SQL is not compiled yet."""
    yield declare(project)
    project.use()
    project.end_all_jobs()


@pytest.fixture(scope="module")
def compiled_job(project: SampleProject) -> str:
    """A job that has run before and is stopped; its plan is compiled."""
    name = declare(project)
    deployed = project.run("deploy", name)
    assert deployed.code == 0, deployed.err
    assert project.run("stop", name).code == 0
    return name


@pytest.fixture
def job(project: SampleProject, compiled_job: str) -> Iterator[str]:
    """The job that has run before, stopped again afterwards so that it keeps its state."""
    yield compiled_job
    project.use()
    stopped = project.run("stop", compiled_job)
    assert stopped.code == 0, stopped.err


def assert_exactly_one_healthy_job(project: SampleProject, job: str) -> None:
    (running,) = project.live(job, LINE)
    ledger = project.services.ledger
    latest = ledger.deployments(JobName(job))[0]
    assert (latest.flink_job_id, latest.state) == (running, "healthy")
    assert ledger.running_operation(JobName(job)) is None


def kill_and_deploy_again(project: SampleProject, job: str, step: str, phase: str) -> None:
    before = len(project.services.ledger.deployments(JobName(job)))
    killed = project.run(step, phase, "deploy", job, command=DIE_AT)
    assert killed.code == -signal.SIGKILL, killed.err
    again = project.run("deploy", job)
    assert again.code == 0, again.err
    assert_exactly_one_healthy_job(project, job)
    assert len(project.services.ledger.deployments(JobName(job))) == before + 1


@pytest.mark.parametrize(("step", "phase"), chosen(COMPILING, COMPILING[1:2]))
def test_deploy__killed_while_compiling(
    project: SampleProject, new_job: str, step: str, phase: str
) -> None:
    """Step: SIGKILL around the compilation. Expected: run again, one job, one deployment."""
    kill_and_deploy_again(project, new_job, step, phase)


@pytest.mark.parametrize(("step", "phase"), chosen(MOMENTS, FIRST))
def test_deploy__killed_at_a_step_boundary(
    project: SampleProject, job: str, step: str, phase: str
) -> None:
    """Step: SIGKILL of the deploying process. Expected: run again, one job, restored state."""
    kill_and_deploy_again(project, job, step, phase)


@pytest.mark.parametrize(
    ("method", "path", "moment"),
    [
        ("POST", "/jars/.*/run", "after"),
        *(
            pytest.param(*call, moment, marks=pytest.mark.slow)
            for *call, moment in [
                ("POST", "/jars/.*/run", "before"),
                ("POST", "/jars/upload", "before"),
                ("POST", "/jars/upload", "after"),
                ("DELETE", "/jars/", "before"),
                ("DELETE", "/jars/", "after"),
            ]
        ),
    ],
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


def test_deploy__two_at_once(project: SampleProject, new_job: str) -> None:
    """Step: the same deployment twice at the same time. Expected: one job, nobody harmed."""
    processes = [project.start("deploy", new_job) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in processes]

    # One may find itself superseded by the other, which then brings the operation to its end.
    assert 0 in [process.returncode for process in processes], outputs
    assert_exactly_one_healthy_job(project, new_job)


def test_deploy__frozen_attempt_wakes_up_after_its_successor(
    project: SampleProject, job: str
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
    """Step: stop, deploy. Expected: restored from the savepoint, as the next attempt."""
    ledger = project.services.ledger
    savepoint = ledger.snapshots(JobName(job))[0]
    before = ledger.deployments(JobName(job))[0]

    assert project.run("deploy", job).code == 0

    latest = ledger.deployments(JobName(job))[0]
    assert (latest.generation, latest.attempt) == (before.generation, before.attempt + 1)
    assert latest.restored_from == savepoint.location
    picture = project.flink(LINE).job(latest.flink_job_id)
    assert picture is not None
    assert picture.restored is not None
    assert picture.restored.path == savepoint.location


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


def test_deploy__ledger_lost_never_starts_beside_unknown_state(
    project: SampleProject, new_job: str
) -> None:
    """Step: deploy, lose the ledger, deploy. Expected: a person is asked; the job runs on."""
    assert project.run("deploy", new_job).code == 0
    (running,) = project.live(new_job, LINE)
    lost = project.root / "lost.sqlite"
    project.use(ledger=f"sqlite:///{lost}")

    again = project.run("deploy", new_job)

    assert again.code == 1
    assert running in again.err
    assert project.live(new_job, LINE) == [running]
