"""Answers of Flink that do not come, or come from something in between: one effect all the same."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from harness.faults.live_job import PATIENCE, LiveJob, live_job
from harness.proxy import Proxy
from harness.sample_project import Ran
from harness.stack import RunningStack

pytestmark = pytest.mark.slow

LINE = "2.3"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def at_work(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(stack, LINE, tmp_path_factory.mktemp("answers")) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    at_work.project.use()
    at_work.ensure_running()
    return at_work


@contextmanager
def spoilt(job: LiveJob, path: str) -> Iterator[None]:
    """The first such call is answered 502, the answer to the second one is lost."""
    project = job.project
    proxy = Proxy(project.services.environment.settings.flink[LINE].rest)
    proxy.spoil("POST", path, ["502", "lost"])
    project.use(flink=project.flink_at(LINE, proxy.address))
    try:
        yield
        assert proxy.left_to_spoil == 0
    finally:
        project.use()
        proxy.close()


def succeed(job: LiveJob, kind: str) -> Ran:
    ran = job.project.run(kind, job.name, timeout=PATIENCE)
    assert ran.code == 0, ran.out + ran.err
    return ran


def test_deploy__bad_gateway_then_answer_lost(job: LiveJob) -> None:
    """Step: the declaration has changed; the submission is answered 502, sent again, accepted,
    and its answer is lost.

    Expected: one job goes on from the savepoint of the one before, every window once.
    """
    before, traces = job.latest, job.traces
    job.change()

    with spoilt(job, "/jars/.*/run"):
        succeed(job, "deploy")

    now = job.assert_one_healthy()
    assert (now.generation, now.attempt) == (before.generation + 1, 1)
    assert job.traces == traces.plus(deployments=1, savepoints=1)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_savepoint__bad_gateway_then_answer_lost(job: LiveJob) -> None:
    """Step: the trigger is answered 502, sent again, accepted, and its answer is lost.

    Expected: one savepoint, in storage and in the ledger; the job runs on.
    """
    traces = job.traces

    with spoilt(job, "/jobs/.*/savepoints"):
        succeed(job, "savepoint")

    assert job.traces == traces.plus(savepoints=1)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_stop__bad_gateway_then_answer_lost(job: LiveJob) -> None:
    """Step: the stop is answered 502, sent again, accepted, and its answer is lost.

    Expected: one savepoint, nothing runs; deployed again, it goes on, every window once.
    """
    traces = job.traces

    with spoilt(job, "/jobs/.*/stop"):
        succeed(job, "stop")

    assert job.traces == traces.plus(savepoints=1)
    job.assert_stopped_once()
    job.run("deploy")
    job.assert_exactly_once()


def test_recover__bad_gateway_then_answer_lost(job: LiveJob) -> None:
    """Step: the job was ended past headgate; the submission is answered 502, sent again,
    accepted, and its answer is lost.

    Expected: one job goes on from the newest retained checkpoint, every window once.
    """
    job.await_checkpoints(1)
    before, traces = job.latest, job.traces
    job.cancel_in_flink()

    with spoilt(job, "/jars/.*/run"):
        succeed(job, "recover")

    now = job.assert_one_healthy()
    assert now.attempt == before.attempt + 1
    assert job.traces == traces.plus(deployments=1)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize("kind", ["deploy", "savepoint", "stop"])
def test_operation_with_flink_unreachable_changes_nothing(job: LiveJob, kind: str) -> None:
    """Step: nothing answers at Flink's address. Expected: the operation fails before any effect,
    naming the address; the job runs on untouched.
    """
    before, traces = job.latest, job.traces
    job.project.use(flink=job.project.flink_at(LINE, NOWHERE))

    refused = job.project.run(kind, job.name, timeout=PATIENCE)

    assert refused.code == 1, refused.out + refused.err
    assert NOWHERE.removeprefix("http://") in refused.err
    assert (job.latest, job.traces) == (before, traces)
    assert job.services.ledger.running_operation(job.name) is None
    job.assert_deploy_plans_nothing()


def test_deploy__unhealthy_within_its_deadline(job: LiveJob) -> None:
    """Step: the new version does not complete the checkpoints that it must within its deadline;
    then a corrected one is deployed.

    Expected: deploy fails with the reason and leaves what runs; the corrected version goes on
    from its savepoint, every window once.
    """
    before = job.latest
    job.change(health={"checkpoints": 1000, "deadline": "5s"})

    refused = job.project.run("deploy", job.name, timeout=PATIENCE)

    assert refused.code == 1, refused.out + refused.err
    assert "did not become healthy within 5 s" in refused.err
    assert "of 1000 checkpoints completed" in refused.err
    assert (job.latest.generation, job.latest.state) == (before.generation + 1, "intended")
    assert job.is_running
    job.change()
    job.run("deploy")
    now = job.assert_one_healthy()
    assert now.generation == before.generation + 2
    assert now.restored_from == job.services.ledger.snapshots(job.name)[0].location
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_operations__answers_lost_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
