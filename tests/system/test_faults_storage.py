"""Savepoints that cannot be written, or are broken: on a stack of its own.

One job is at work all the time; what it publishes is what plain Python expects, each window once.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.faults.live_job import PATIENCE, LiveJob, live_job
from harness.own_stack import own_stack
from headgate.clients.locations import plain_location
from headgate.operations.savepointing.found_savepoint import savepoint_root

pytestmark = pytest.mark.slow

LINE = "2.3"
IN_FILES = {"execution.checkpointing.data-inline-threshold": "0"}
"""State goes into files of its own, however small."""
SHORT = {"checkpoints": 1, "deadline": "45s"}
"""The health of a job that cannot become healthy."""


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with (
        own_stack("storage", LINE) as stack,
        live_job(stack.environment, LINE, tmp_path_factory.mktemp("storage")) as job,
    ):
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    return at_work.ready()


@contextmanager
def file_in_the_way(job: LiveJob) -> Iterator[None]:
    """A file stands where the folder of the savepoints of what runs belongs."""
    folder = Path(savepoint_root(job.services, job.name)) / f"g{job.latest.generation}"
    aside = folder.with_name(f"{folder.name}-aside")
    folder.mkdir(parents=True, exist_ok=True)
    folder.rename(aside)
    folder.write_text("in the way")
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


def newest_savepoint(job: LiveJob) -> Path:
    return Path(plain_location(job.services.ledger.snapshots(job.name)[0].location))


def test_deploy__storage_refuses_the_savepoint_of_the_stop(job: LiveJob) -> None:
    """Step: the declaration has changed; a file stands where the folder of the savepoints of
    what runs belongs. Then it is taken away.

    Expected: deploy fails with the cause, nothing is recorded, the job before runs on; deployed
    again, one job goes on from its savepoint, every window was published once.
    """
    before, traces = job.latest, job.traces
    job.change()

    with file_in_the_way(job):
        ended = job.end_of("deploy")

    assert ended.state == "failed", ended
    assert f"{job.name}: stop with savepoint failed" in ended.reason
    assert "The job keeps running; no savepoint was recorded." in ended.reason
    assert f"headgate deploy {job.name} again" in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    assert job.assert_one_healthy().flink_job_id == before.flink_job_id
    job.await_checkpoints(1)
    job.run("deploy")
    now = job.assert_one_healthy()
    assert (now.generation, now.attempt) == (before.generation + 1, 1)
    assert plain_location(now.restored_from or "") == str(newest_savepoint(job))
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_stop__storage_refuses_the_savepoint(job: LiveJob) -> None:
    """Step: a file stands where the folder of savepoints belongs. Then it is taken away.

    Expected: stop fails with the cause, nothing is recorded, the job runs on; stopped again and
    deployed, it goes on from that savepoint, every window was published once.
    """
    before, traces = job.latest, job.traces

    with file_in_the_way(job):
        ended = job.end_of("stop")

    assert ended.state == "failed", ended
    assert f"{job.name}: stop with savepoint failed" in ended.reason
    assert f"headgate stop {job.name} again" in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    assert job.assert_one_healthy().flink_job_id == before.flink_job_id
    job.await_checkpoints(1)
    job.run("stop")
    job.assert_stopped_once()
    stopped_with = str(newest_savepoint(job))
    job.run("deploy")
    assert plain_location(job.assert_one_healthy().restored_from or "") == stopped_with
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("bytes_left", "has_an_older_one", "says"),
    [
        (None, False, "its _metadata is missing or empty"),
        (50, True, "its _metadata is cut off"),
    ],
)
def test_deploy__metadata_of_the_last_savepoint_is_gone_or_cut_off(
    job: LiveJob, bytes_left: int | None, has_an_older_one: bool, says: str
) -> None:
    """Step: the job was stopped; `_metadata` of its savepoint is gone, or cut off while an older
    savepoint is whole. Then the file is restored.

    Expected: a person is asked: nothing starts, neither empty nor from the older savepoint, which
    would publish again what was published since; with the file deploy goes on from it, every
    window was published once.
    """
    if has_an_older_one:
        job.run("savepoint")
        job.await_results(1)
    job.run("stop")
    before, traces = job.latest, job.traces
    broken = newest_savepoint(job)
    metadata = broken / "_metadata"
    kept = metadata.read_bytes()
    metadata.unlink()
    if bytes_left is not None:
        metadata.write_bytes(kept[:bytes_left])

    ended = job.end_of("deploy")

    assert ended.state == "needs_operator", ended
    assert f"{broken}" in ended.reason
    assert says in ended.reason
    assert "Nothing was changed." in ended.reason
    assert (job.latest, job.is_running) == (before, False)
    metadata.write_bytes(kept)
    assert job.traces == traces
    job.run("deploy")
    assert plain_location(job.assert_one_healthy().restored_from or "") == str(broken)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__state_file_is_cut_off_its_metadata_is_whole(job: LiveJob, tmp_path: Path) -> None:
    """Step: the job was stopped; a state file of its savepoint is cut off, `_metadata` is whole.
    Then it is recovered from a copy of the savepoint, as a person would.

    Expected: deploy fails within its health deadline with the cause, and leaves what it started;
    recovered from the copy, one job goes on, every window was published once.
    """
    job.change(flink_configuration=IN_FILES, health=SHORT)
    job.run("deploy")
    job.run("stop")
    before, broken = job.latest, newest_savepoint(job)
    copy = tmp_path / "copy"
    shutil.copytree(broken, copy)
    for file in broken.iterdir():
        if file.name != "_metadata":
            file.write_bytes(file.read_bytes()[:10])

    ended = job.end_of("deploy")

    assert ended.state == "failed", ended
    assert f"{job.name} did not become healthy within 45 s" in ended.reason
    assert "EOFException" in ended.reason or "Could not restore" in ended.reason
    assert (job.latest.state, job.latest.attempt) == ("intended", before.attempt + 1)
    job.change()
    recovered = job.project.run("recover", job.name, "--from", str(copy), "--yes", timeout=PATIENCE)
    assert recovered.code == 0, recovered.out + recovered.err
    assert plain_location(job.assert_one_healthy().restored_from or "") == str(copy)
    job.await_results(1)
    job.run("deploy")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_operations__storage_broken_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
