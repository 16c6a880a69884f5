"""Full disks of savepoints, checkpoints and artefacts: on a stack of its own.

One job is at work all the time; each of the three has a small disk of its own, mounted before the
job has begun. What it publishes is what plain Python expects, each window once.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from harness.faults.live_job import PATIENCE, Ended, LiveJob
from harness.faults.servers import Strike
from harness.faults.small_disk import SmallDisk, small_disk
from harness.own_stack import own_stack
from harness.sample_project import SampleProject
from harness.waiting import until
from headgate.clients.locations import plain_location
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.savepointing.found_savepoint import savepoint_root

pytestmark = pytest.mark.slow

LINE = "2.3"
SHORT = {"checkpoints": 1, "deadline": "45s"}
"""The health of a job that cannot become healthy."""
NO_SPACE = "No space left on device"


@dataclass(frozen=True)
class Disks:
    savepoints: SmallDisk
    checkpoints: SmallDisk
    artefacts: SmallDisk


@dataclass(frozen=True)
class AtWork:
    job: LiveJob
    disks: Disks


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    root = tmp_path_factory.mktemp("disks") / "project"
    with own_stack("storage", LINE) as stack, ExitStack() as mounted:
        project = SampleProject(root, stack.environment, f"disks-{uuid4().hex[:6]}")
        job = LiveJob(project, LINE)
        folders = (
            Path(savepoint_root(job.services, job.name)),
            Path(checkpoint_folder(job.services, job.name)),
            job.services.environment.settings.artefacts,
        )
        disks = Disks(*(mounted.enter_context(small_disk(folder)) for folder in folders))
        with job.at_work():
            yield AtWork(job, disks)
        project.end_all_jobs()


@pytest.fixture
def disks(at_work: AtWork) -> Disks:
    return at_work.disks


@pytest.fixture
def job(at_work: AtWork) -> LiveJob:
    return at_work.job.ready()


def await_work_again(job: LiveJob) -> None:
    """Flink starts it again by itself once there is room."""
    until(
        lambda: job.picture.state == "RUNNING" and job.picture.checkpoints.completed > 0,
        seconds=PATIENCE,
        what="the job completes checkpoints",
    )


def assert_unhealthy_for_want_of_checkpoints(job: LiveJob, ended: Ended) -> None:
    """Flink tells that checkpoints fail; why they do stands in its log alone."""
    assert ended.state == "failed", ended
    assert f"{job.name} did not become healthy within 45 s" in ended.reason
    assert "The latest checkpoint failed due to" in ended.reason
    assert f"headgate logs flink-{LINE}-taskmanager" in ended.reason


def test_savepoint__disk_full(job: LiveJob, disks: Disks) -> None:
    """Step: the disk of the savepoints is full; then there is room again.

    Expected: the savepoint fails with the cause, nothing is recorded and nothing is left in
    storage, the job runs on; taken again, there is one more.
    """
    before, traces = job.latest, job.traces

    with disks.savepoints.full():
        ended = job.end_of("savepoint")

    assert ended.state == "failed", ended
    assert "the savepoint failed, 2 times" in ended.reason
    assert NO_SPACE in ended.reason
    assert "The job keeps running; no savepoint was recorded." in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    job.await_checkpoints(1)
    job.run("savepoint")
    assert job.traces == traces.plus(savepoints=1)
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_stop__disk_full(job: LiveJob, disks: Disks) -> None:
    """Step: the disk of the savepoints is full; then there is room again.

    Expected: stop fails with the cause, nothing is recorded, the job runs on; stopped again and
    deployed, it goes on from that savepoint, every window was published once.
    """
    before, traces = job.latest, job.traces

    with disks.savepoints.full():
        ended = job.end_of("stop")

    assert ended.state == "failed", ended
    assert f"{job.name}: stop with savepoint failed" in ended.reason
    assert NO_SPACE in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    job.await_checkpoints(1)
    job.run("stop")
    job.assert_stopped_once()
    newest = job.services.ledger.snapshots(job.name)[0]
    job.run("deploy")
    assert job.assert_one_healthy().restored_from == newest.location
    job.assert_exactly_once()


def test_deploy__disk_full_for_the_savepoint_of_the_stop(job: LiveJob, disks: Disks) -> None:
    """Step: the declaration has changed; the disk of the savepoints is full; then there is room.

    Expected: deploy fails with the cause, the job before runs on, nothing is recorded; deployed
    again, one job goes on, every window was published once.
    """
    before, traces = job.latest, job.traces
    job.change()

    with disks.savepoints.full():
        ended = job.end_of("deploy")

    assert ended.state == "failed", ended
    assert NO_SPACE in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    job.await_checkpoints(1)
    job.run("deploy")
    assert job.assert_one_healthy().generation == before.generation + 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__disk_full_for_artefacts(job: LiveJob, disks: Disks) -> None:
    """Step: the declaration has changed; the disk of the artefacts is full; then there is room.

    Expected: deploy fails with the cause before anything is stopped, and leaves no half of a
    folder; deployed again, one job goes on, every window was published once.
    """
    before, traces = job.latest, job.traces
    job.change()
    files = sorted(disks.artefacts.folder.rglob("*"))

    with disks.artefacts.full():
        ended = job.end_of("deploy")

    assert ended.state == "failed", ended
    assert f"the artefacts at {disks.artefacts.folder} cannot be written: {NO_SPACE}" in (
        ended.reason
    )
    assert "Nothing was stopped or submitted." in ended.reason
    assert f"then headgate deploy {job.name}" in ended.reason
    assert (job.latest, job.traces) == (before, traces)
    assert sorted(disks.artefacts.folder.rglob("*")) == files
    job.await_checkpoints(1)
    job.run("deploy")
    assert job.assert_one_healthy().generation == before.generation + 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__disk_full_for_checkpoints(job: LiveJob, disks: Disks) -> None:
    """Step: the declaration has changed; when the job before has been stopped, the disk of the
    checkpoints is full; then there is room.

    Expected: deploy fails within the health deadline, because checkpoints fail, and leaves what
    runs; with room Flink goes on by itself, deploy keeps it and finds it healthy, every window was
    published once.
    """
    before = job.latest
    job.change(health=SHORT)
    left = Path(checkpoint_folder(job.services, job.name)) / before.flink_job_id

    def strike() -> None:
        until(
            lambda: not list(left.glob("chk-*")),
            seconds=PATIENCE,
            what="Flink has deleted the checkpoints of the job that was stopped",
        )
        disks.checkpoints.fill()

    try:
        ended = job.end_of("deploy", Strike(strike, ("record_stop", "done")))
    finally:
        disks.checkpoints.make_room()

    assert_unhealthy_for_want_of_checkpoints(job, ended)
    assert (job.latest.generation, job.latest.state) == (before.generation + 1, "intended")
    await_work_again(job)
    job.run("deploy")
    assert job.assert_one_healthy().attempt == 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_recover__disk_full_for_checkpoints(job: LiveJob, disks: Disks) -> None:
    """Step: the job was ended past headgate, and the disk of its checkpoints is full; then there
    is room.

    Expected: recover fails within the health deadline, because checkpoints fail, and leaves what
    runs; with room Flink goes on by itself, deploy keeps it and finds it healthy, every window was
    published once.
    """
    job.change(health=SHORT)
    job.run("deploy")
    before = job.latest
    job.cancel_in_flink()

    with disks.checkpoints.full():
        ended = job.end_of("recover")

    assert_unhealthy_for_want_of_checkpoints(job, ended)
    assert (job.latest.attempt, job.latest.state) == (before.attempt + 1, "intended")
    await_work_again(job)
    job.run("deploy")
    restored_from = plain_location(job.assert_one_healthy().restored_from or "")
    assert f"/{before.flink_job_id}/chk-" in restored_from
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_recover__disk_full_for_artefacts(job: LiveJob, disks: Disks) -> None:
    """Step: the job was ended past headgate, and the disk of the artefacts is full; then there
    is room.

    Expected: recover fails with the cause before it has submitted anything; recovered again, one
    job goes on from its newest retained checkpoint, every window was published once.
    """
    job.await_checkpoints(1)
    before = job.latest
    job.cancel_in_flink()

    with disks.artefacts.full():
        ended = job.end_of("recover")

    assert ended.state == "failed", ended
    assert f"cannot be written: {NO_SPACE}" in ended.reason
    assert "It is not running" in ended.reason
    assert not job.is_running
    job.run("recover")
    restored_from = plain_location(job.assert_one_healthy().restored_from or "")
    assert f"/{before.flink_job_id}/chk-" in restored_from
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_operations__disks_full_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
