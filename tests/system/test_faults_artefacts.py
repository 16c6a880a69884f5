"""What a job runs from, changed or gone between plan and effect: on a stack of its own.

One job is at work all the time; what it publishes is what plain Python expects, each window once.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.faults.live_job import LiveJob, live_job
from harness.faults.servers import Strike
from harness.own_stack import own_stack
from headgate.clients.locations import plain_location

pytestmark = pytest.mark.slow

LINE = "2.3"


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with (
        own_stack("storage", LINE) as stack,
        live_job(stack.environment, LINE, tmp_path_factory.mktemp("artefacts")) as job,
    ):
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    return at_work.ready()


def staged(job: LiveJob) -> Path:
    """The folder that the latest deployment ran from."""
    folder = job.latest.artefacts
    assert folder is not None
    return Path(folder)


def edit(file: Path) -> None:
    """Change it although it is read-only, as an editor of root does."""
    file.chmod(0o644)
    file.write_text(f"{file.read_text()}\n")


def test_deploy__artefact_changed_since_it_was_staged(job: LiveJob) -> None:
    """Step: the job was stopped, and the binding that it ran from is edited. Then the folder is
    moved away.

    Expected: deploy refuses what is not what its digest says, and starts nothing; then it stages
    the same again and goes on, every window was published once.
    """
    job.run("stop")
    before, traces, folder = job.latest, job.traces, staged(job)
    edit(folder / "binding.json")

    ended = job.end_of("deploy")

    assert ended.state == "failed", ended
    assert f"what was staged for it was changed since: {folder}" in ended.reason
    assert "Nothing was stopped or submitted." in ended.reason
    assert (job.latest, job.traces, job.is_running) == (before, traces, False)
    folder.rename(folder.with_name(f"{folder.name}-changed"))
    job.run("deploy")
    assert job.assert_one_healthy().artefact_digest == before.artefact_digest
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__artefact_changed_before_it_is_submitted(job: LiveJob) -> None:
    """Step: the declaration has changed; when the job before has been stopped, the staged driver
    is edited. Then the folder is moved away.

    Expected: nothing is submitted, the savepoint of the stop is recorded; then deploy stages it
    anew and goes on from that savepoint, every window was published once.
    """
    before, traces = job.latest, job.traces
    job.change()
    known = set(staged(job).parent.iterdir())

    def new_folder() -> Path:
        found = set(staged(job).parent.iterdir()) - known
        (folder,) = (one for one in found if (one / "binding.json").is_file())
        return folder

    def strike() -> None:
        edit(new_folder() / "headgate_runtime" / "driver.py")

    ended = job.end_of("deploy", Strike(strike, ("record_stop", "done")))

    folder = new_folder()
    assert ended.state == "failed", ended
    assert f"was changed before it was submitted: {folder}" in ended.reason
    assert "It is not running" in ended.reason
    assert job.traces == traces.plus(savepoints=1)
    assert (job.latest.flink_job_id, job.latest.state) == (before.flink_job_id, "stopped")
    assert not job.is_running
    folder.rename(folder.with_name(f"{folder.name}-changed"))
    stopped_with = job.services.ledger.snapshots(job.name)[0].location
    job.run("deploy")
    now = job.assert_one_healthy()
    assert (now.generation, now.restored_from) == (before.generation + 1, stopped_with)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__artefact_compiled_plan_is_changed(job: LiveJob) -> None:
    """Step: the declaration has changed, not the SQL; the kept plan of that SQL is edited. Then
    the plan is moved away.

    Expected: deploy refuses a plan that is not the one that made the state, before anything is
    stopped; then it takes the one that runs, every window was published once.
    """
    before, traces = job.latest, job.traces
    (plan,) = (staged(job).parent / "plans").glob("*.json")
    content = plan.read_text()
    edit(plan)
    job.change()

    ended = job.end_of("deploy")

    assert ended.state == "failed", ended
    assert f"the compiled plan is not the one that was deployed before: {plan}" in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    job.await_checkpoints(1)
    plan.unlink()
    job.run("deploy")
    assert plan.read_text() == content
    assert job.assert_one_healthy().generation == before.generation + 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_recover__artefact_is_gone_or_changed(job: LiveJob, how: str) -> None:
    """Step: the job was ended past headgate, and the folder that it ran from is gone, or a file
    in it is edited. Then it is restored.

    Expected: a person is asked, with the next command; nothing starts; with the folder as it was
    recover brings it back from its newest retained checkpoint, every window was published once.
    """
    job.cancel_in_flink()
    before, traces, folder = job.latest, job.traces, staged(job)
    aside, binding = folder.with_name(f"{folder.name}-aside"), folder / "binding.json"
    content = binding.read_text()
    if how == "gone":
        folder.rename(aside)
    else:
        edit(binding)

    ended = job.end_of("recover")

    assert ended.state == "needs_operator", ended
    assert str(folder) in ended.reason
    assert "Nothing was changed; its snapshots are as they are." in ended.reason
    assert f"headgate deploy {job.name}" in ended.reason
    assert (job.latest, job.traces, job.is_running) == (before, traces, False)
    if how == "gone":
        aside.rename(folder)
    else:
        binding.write_text(content)
    job.run("recover")
    restored_from = plain_location(job.assert_one_healthy().restored_from or "")
    assert f"/{before.flink_job_id}/chk-" in restored_from
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_operations__artefacts_changed_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
