"""Two runs at once on one job, and an attempt that sleeps through its successor: one effect."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from harness.faults.live_job import PATIENCE, LiveJob
from harness.proxy import Proxy
from harness.sample_project import HEADGATE, SampleProject
from harness.stack import RunningStack

LINE = "2.3"


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    root = tmp_path_factory.mktemp("at-once") / "project"
    return SampleProject(root, stack, f"at-once-{uuid4().hex[:6]}")


@pytest.fixture(scope="module")
def at_work(project: SampleProject) -> Iterator[LiveJob]:
    job = LiveJob(project, LINE)
    with job.at_work():
        yield job
    project.use()
    project.end_all_jobs()


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    at_work.project.use()
    at_work.ensure_running()
    return at_work


def run_twice(job: LiveJob, kind: str) -> list[str]:
    """The same command in two processes at the same time; what each has said."""
    processes = [job.project.start(kind, job.name, command=HEADGATE) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    # One may find itself superseded by the other, which then brings the operation to its end.
    assert 0 in [process.returncode for process in processes], said
    return said


@contextmanager
def frozen(job: LiveJob, kind: str, path: str) -> Iterator[None]:
    """An attempt frozen while its call is on the way: the call arrives when the block has ended.

    Then it wakes up, and has to find itself superseded.
    """
    project = job.project
    proxy = Proxy(project.services.environment.settings.flink[LINE].rest)
    project.use(flink=project.flink_at(LINE, proxy.address))
    attempt = project.start(kind, job.name)
    try:
        with proxy.holding("POST", path, "late") as hold:
            assert hold.reached.wait(timeout=PATIENCE), attempt.communicate(timeout=5)
            attempt.send_signal(signal.SIGSTOP)
            project.use()
            yield
        attempt.send_signal(signal.SIGCONT)
        said = attempt.communicate(timeout=PATIENCE)[0]
    finally:
        attempt.kill()
        proxy.close()
    assert attempt.returncode == 1, said
    assert "in the hands of" in said
    assert "This late attempt wrote nothing." in said


def test_savepoint__two_at_once(job: LiveJob) -> None:
    """Step: the same savepoint twice at the same time. Expected: the second joins the first: one
    savepoint, the job runs on.
    """
    before, traces = job.picture, job.traces

    run_twice(job, "savepoint")

    assert job.traces in (traces.plus(savepoints=1), traces.plus(savepoints=2)), (
        "the one may have ended before"
    )
    assert len(set(locations(job))) == len(locations(job))
    assert job.picture.started_at == before.started_at
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_savepoint__frozen_attempt_wakes_up_after_its_successor(job: LiveJob) -> None:
    """Step: SIGSTOP while the trigger is on its way, a second attempt finishes, the trigger
    arrives, SIGCONT.

    Expected: one savepoint, in storage and in the ledger; the late attempt writes nothing.
    """
    traces = job.traces

    with frozen(job, "savepoint", "/jobs/.*/savepoints"):
        job.run("savepoint")
        assert job.traces == traces.plus(savepoints=1)

    assert job.traces == traces.plus(savepoints=1)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_stop__two_at_once(job: LiveJob) -> None:
    """Step: the same stop twice at the same time. Expected: one savepoint, nothing runs."""
    traces = job.traces

    run_twice(job, "stop")

    assert job.traces == traces.plus(savepoints=1)
    job.assert_stopped_once()
    job.run("deploy")
    job.assert_exactly_once()


def test_stop__frozen_attempt_wakes_up_after_its_successor(job: LiveJob) -> None:
    """Step: SIGSTOP while the stop is on its way, a second attempt stops the job, it is deployed
    again, the first call arrives, SIGCONT.

    Expected: one savepoint, the late attempt writes nothing, and the new job runs on.
    """
    traces = job.traces

    with frozen(job, "stop", "/jobs/.*/stop"):
        job.run("stop")
        assert job.traces == traces.plus(savepoints=1)
        job.run("deploy")
        before = job.picture

    job.assert_deploy_plans_nothing()
    assert job.traces == traces.plus(savepoints=1, deployments=1)
    assert job.picture.id == before.id
    # It is None until the JobManager has been told once.
    assert job.picture.restarts in {0, None}
    job.assert_exactly_once()


def test_recover__two_at_once(job: LiveJob) -> None:
    """Step: the job was ended past headgate; recover twice at the same time. Expected: one job,
    one deployment more.
    """
    job.await_checkpoints(1)
    before, traces = job.latest, job.traces
    job.cancel_in_flink()

    run_twice(job, "recover")

    now = job.assert_one_healthy()
    assert now.attempt == before.attempt + 1
    assert job.traces == traces.plus(deployments=1)
    job.assert_exactly_once()


def test_recover__frozen_attempt_wakes_up_after_its_successor(job: LiveJob) -> None:
    """Step: SIGSTOP while the submission is on its way, a second attempt brings the job back, the
    first submission arrives, SIGCONT.

    Expected: Flink refuses the id that it has seen: one job; the late attempt writes nothing.
    """
    job.await_checkpoints(1)
    before, traces = job.latest, job.traces
    job.cancel_in_flink()

    with frozen(job, "recover", "/jars/.*/run"):
        job.run("recover")
        now = job.assert_one_healthy()

    assert now.attempt == before.attempt + 1
    assert job.traces == traces.plus(deployments=1)
    job.assert_deploy_plans_nothing()
    assert job.latest.flink_job_id == now.flink_job_id
    job.assert_exactly_once()


def test_operations__at_once_and_late_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10


def locations(job: LiveJob) -> list[str]:
    return [one.location for one in job.services.ledger.snapshots(job.name)]
