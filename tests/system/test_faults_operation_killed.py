"""An operation's process killed before and after each effect, while a job is at work.

All cases of a kind share one running job. After each: the operation run again ends well, it made
one effect, one job runs, and what is published is what plain Python expects, each window once.
"""

from collections.abc import Iterator

import pytest
from harness.faults.boundaries import boundaries, chosen
from harness.faults.live_job import LiveJob, live_job
from harness.stack import RunningStack

LINE = "2.3"
REPLACING = {"plan": {"action": "replace", "kind": "sql"}}
RESTARTING = {"plan": {"action": "restart", "cancel": None}}


@pytest.fixture(scope="module")
def at_work(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(stack, LINE, tmp_path_factory.mktemp("killed")) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    at_work.ensure_running()
    return at_work


@pytest.mark.parametrize(
    ("step", "phase"),
    chosen(
        boundaries("deploy", REPLACING),
        # Those of the other steps are covered where a job is deployed that has been stopped.
        {("stop", "acted"), ("record_stop", "acting")},
    ),
)
def test_deploy__killed_while_it_replaces_a_running_job(
    job: LiveJob, step: str, phase: str
) -> None:
    """Step: the declaration has changed; SIGKILL of the deploying process at a step boundary,
    then deploy again.

    Expected: the running job was stopped once, one new job goes on from its savepoint, every
    window was published once, and a further deploy plans nothing.
    """
    before, traces = job.latest, job.traces
    job.change()
    job.forget_compiled_plan()

    job.die("deploy", (step, phase))
    job.run("deploy")

    now = job.assert_one_healthy()
    assert (now.generation, now.attempt) == (before.generation + 1, 1)
    assert now.restored_from == job.services.ledger.snapshots(job.name)[0].location
    assert job.traces == traces.plus(deployments=1, savepoints=1)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("step", "phase"),
    chosen(boundaries("savepoint"), {("savepoint", "acted"), ("record_savepoint", "acting")}),
)
def test_savepoint__killed_at_a_boundary_of_a_live_job(job: LiveJob, step: str, phase: str) -> None:
    """Step: SIGKILL of the process that takes a savepoint at a step boundary, then savepoint
    again.

    Expected: one savepoint in storage and one in the ledger, the same Flink job runs on, every
    window was published once, deploy plans nothing.
    """
    before, traces = job.picture, job.traces

    job.die("savepoint", (step, phase))
    job.run("savepoint")

    assert job.traces == traces.plus(savepoints=1)
    after = job.picture
    assert (after.id, after.started_at) == (before.id, before.started_at)
    assert after.restarts in {before.restarts or 0, None}, "None: Flink has not told it yet"
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("step", "phase"),
    chosen(
        boundaries("stop"),
        {("stop", "acting"), ("record_stop", "acted")},
    ),
)
def test_stop__killed_at_a_step_boundary(job: LiveJob, step: str, phase: str) -> None:
    """Step: SIGKILL of the stopping process at a step boundary, then stop again, then deploy.

    Expected: one savepoint, nothing runs, a further stop changes nothing; the job goes on from
    that savepoint, and every window was published once.
    """
    traces = job.traces

    job.die("stop", (step, phase))
    job.run("stop")

    assert job.traces == traces.plus(savepoints=1)
    job.assert_stopped_once()
    job.run("deploy")
    now = job.assert_one_healthy()
    assert now.restored_from == job.services.ledger.snapshots(job.name)[0].location
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("step", "phase"),
    chosen(boundaries("recover", RESTARTING), {("submit", "acting"), ("submit", "acted")}),
)
def test_recover__killed_at_a_boundary_of_its_own_steps(
    job: LiveJob, step: str, phase: str
) -> None:
    """Step: the job was ended past headgate; SIGKILL of the recovering process at a step
    boundary, then recover again.

    Expected: one job goes on from the newest retained checkpoint, every window was published
    once, and a further recover finds nothing to do.
    """
    job.await_checkpoints(1)
    before, traces = job.latest, job.traces
    job.cancel_in_flink()

    job.die("recover", (step, phase))
    job.run("recover")

    now = job.assert_one_healthy()
    assert now.attempt == before.attempt + 1
    assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
    assert job.traces == traces.plus(deployments=1)
    again = job.run("recover")
    assert job.evidence(again, "plan")["action"] == "keep"
    assert job.latest == now
    job.assert_exactly_once()


def test_operations__killed_everywhere_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all deaths above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
