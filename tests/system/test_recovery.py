"""Jobs lost, ended and brought back on a stack of their own: every window is published once."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from harness.beats import Beats
from harness.own_stack import OwnStack, own_stack
from harness.sample_project import Ran, SampleProject
from harness.waiting import until
from headgate.clients.flink import JobPicture
from headgate.clients.locations import plain_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import snapshots_below
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord, SnapshotRecord

LINE = "2.3"
PATIENCE = 900.0
JOBMANAGER = f"flink-{LINE}-jobmanager"
DIE_AT = (sys.executable, "-m", "harness.die_at")
CANCELLING = [("cancel", phase) for phase in ("intended", "acting", "acted", "done")]


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("recovery") as stack:
        yield stack


@pytest.fixture(scope="module")
def project(stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleProject]:
    root = tmp_path_factory.mktemp("recovery") / "project"
    project = SampleProject(root, stack.environment, f"recovery-{uuid4().hex[:6]}")
    yield project
    project.end_all_jobs()


@pytest.fixture
def beats(project: SampleProject) -> Iterator[Beats]:
    """A live job with a stream of beats; ended afterwards."""
    beats = Beats(project, f"beats-{uuid4().hex[:6]}", flink=LINE)
    succeed(project, "apply", "--yes")
    with beats.beating():
        succeed(project, "deploy", beats.job)
        await_checkpoints(project, beats.job, 3)
        yield beats
    project.end_all_jobs()


def succeed(project: SampleProject, *command: str) -> Ran:
    ran = project.run(*command, timeout=PATIENCE)
    assert ran.code == 0, ran.out + ran.err
    return ran


def refuse(project: SampleProject, *command: str, saying: str) -> Ran:
    ran = project.run(*command, timeout=PATIENCE)
    assert ran.code == 1, ran.out + ran.err
    assert saying in ran.err, ran.err
    return ran


def picture(project: SampleProject, job: str) -> JobPicture | None:
    live = project.live(job, LINE)
    return project.flink(LINE).job(live[0]) if len(live) == 1 else None


def await_checkpoints(project: SampleProject, job: str, more: int) -> None:
    def completed() -> int:
        now = picture(project, job)
        return now.checkpoints.completed if now else 0

    before = completed()
    until(
        lambda: completed() >= before + more,
        seconds=PATIENCE,
        what=f"{more} checkpoints of {job} complete",
        every=0.5,
    )


def latest(project: SampleProject, job: str) -> DeploymentRecord:
    return project.services.ledger.deployments(JobName(job))[0]


def snapshots(project: SampleProject, job: str) -> list[SnapshotRecord]:
    return list(project.services.ledger.snapshots(JobName(job)))


def checkpoints_of(project: SampleProject, deployment: DeploymentRecord) -> list[Path]:
    """Retained checkpoints with `_metadata`, newest first."""
    root = plain_location(project.services.environment.settings.state)
    folder = f"{root}/checkpoints/{deployment.job}/{deployment.flink_job_id}"
    return [Path(plain_location(one.location)) for one in snapshots_below(folder, levels=(1,))]


def lose_jobmanager(project: SampleProject, stack: OwnStack) -> None:
    """Kill it; the supervisor starts it again, and it knows no job."""
    stack.kill(JOBMANAGER)
    stack.await_ready()


def assert_one_healthy_job(project: SampleProject, job: str) -> DeploymentRecord:
    (running,) = project.live(job, LINE)
    deployment = latest(project, job)
    assert (deployment.flink_job_id, deployment.state) == (running, "healthy")
    assert project.services.ledger.running_operation(JobName(job)) is None
    return deployment


def assert_restored(project: SampleProject, job: str, location: str | Path) -> None:
    deployment = assert_one_healthy_job(project, job)
    assert plain_location(deployment.restored_from or "") == plain_location(str(location))
    now = picture(project, job)
    assert now is not None
    assert now.restored is not None


@pytest.mark.slow
def test_recover__jobmanager_lost_brings_every_job_back(
    project: SampleProject, stack: OwnStack, beats: Beats
) -> None:
    """Step: two jobs run, their JobManager is killed and starts empty, `recover --all`.

    Expected: each is restored from its newest retained checkpoint as the next attempt, no window
    is lost or repeated, and recovering once more does nothing.
    """
    other = Beats(project, f"beats-{uuid4().hex[:6]}", flink=LINE)
    succeed(project, "apply", "--yes")
    with other.beating():
        succeed(project, "deploy", other.job)
        await_checkpoints(project, other.job, 3)
        jobs = (beats, other)
        before = {one.job: latest(project, one.job) for one in jobs}
        lose_jobmanager(project, stack)
        newest = {one.job: checkpoints_of(project, before[one.job])[0] for one in jobs}

        succeed(project, "recover", "--all")

        for one in jobs:
            assert_restored(project, one.job, newest[one.job])
            now = latest(project, one.job)
            assert (now.generation, now.attempt) == (1, before[one.job].attempt + 1)
            assert now.artefact_digest == before[one.job].artefact_digest
            await_checkpoints(project, one.job, 2)
        again = succeed(project, "recover", *(one.job for one in jobs))
        assert again.err.count("already runs") == 2
        assert [latest(project, one.job).attempt for one in jobs] == [2, 2]
        assert "Nothing to recover" in succeed(project, "recover", "--all").out
    assert other.assert_every_window_once() > 10
    assert beats.assert_every_window_once() > 10


@pytest.mark.slow
def test_recover__newest_checkpoint_is_cut_off(
    project: SampleProject, stack: OwnStack, beats: Beats
) -> None:
    """Step: the JobManager is lost, `_metadata` of the newest checkpoint is cut off.

    Expected: it is passed over with a note, the one before is restored.
    """
    before = latest(project, beats.job)
    lose_jobmanager(project, stack)
    newest, older = checkpoints_of(project, before)[:2]
    metadata = newest / "_metadata"
    metadata.write_bytes(metadata.read_bytes()[:-7])

    recovered = succeed(project, "recover", beats.job)

    assert f"{newest}: its _metadata is cut off" in recovered.err
    assert_restored(project, beats.job, older)


@pytest.mark.slow
def test_recover__no_usable_checkpoint_asks_for_a_person(
    project: SampleProject, stack: OwnStack, beats: Beats
) -> None:
    """Step: the JobManager is lost, and every checkpoint is broken. Expected: nothing starts."""
    before = latest(project, beats.job)
    lose_jobmanager(project, stack)
    broken = checkpoints_of(project, before)
    kept = {folder: (folder / "_metadata").read_bytes() for folder in broken}
    for folder in broken:
        (folder / "_metadata").write_bytes(b"")

    refuse(project, "recover", beats.job, saying="no usable savepoint or retained checkpoint")

    assert project.live(beats.job, LINE) == []
    assert latest(project, beats.job) == before
    for folder, content in kept.items():
        (folder / "_metadata").write_bytes(content)
    succeed(project, "recover", beats.job)
    assert_one_healthy_job(project, beats.job)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "phase"), [("", ""), *CANCELLING])
def test_recover__job_fails_again_and_again(
    project: SampleProject, beats: Beats, step: str, phase: str
) -> None:
    """Step: the folder of its checkpoints is gone, so it cannot go on; `recover`, also killed
    around the cancellation.

    Expected: it is cancelled, and brought back from its savepoint: one job.
    """
    succeed(project, "savepoint", beats.job)
    (savepoint,) = snapshots(project, beats.job)
    before = latest(project, beats.job)
    folder = checkpoints_of(project, before)[0].parent
    folder.rename(folder.with_name(f"{folder.name}-lost"))
    folder.write_text("in the way")

    if step:
        killed = project.run(step, phase, "recover", beats.job, command=DIE_AT, timeout=PATIENCE)
        assert killed.code == -signal.SIGKILL, killed.out + killed.err
    succeed(project, "recover", beats.job)

    assert_restored(project, beats.job, savepoint.location)
    ended = project.flink(LINE).job(before.flink_job_id)
    assert ended is not None
    assert ended.state in {"CANCELED", "FAILED"}


@pytest.mark.slow
def test_stop_drain_publishes_open_windows_and_nothing_continues_silently(
    project: SampleProject, beats: Beats
) -> None:
    """Step: stop --drain. Expected: the savepoint says so; neither start nor deploy takes it."""
    refuse(project, "stop", beats.job, "--drain", saying="nobody can answer here")
    assert picture(project, beats.job) is not None

    succeed(project, "stop", beats.job, "--drain", "--yes")

    (drained,) = snapshots(project, beats.job)
    assert (drained.kind, drained.origin, drained.state) == ("savepoint", "drain", "whole")
    refuse(project, "start", beats.job, saying="was stopped with --drain")
    refuse(project, "deploy", beats.job, saying="its windows were flushed")
    refuse(project, "start", beats.job, "--from", drained.location, saying="made by stop --drain")
    assert project.live(beats.job, LINE) == []


@pytest.mark.slow
def test_cancel_keeps_the_checkpoint_and_start_continues_from_it(
    project: SampleProject, beats: Beats
) -> None:
    """Step: cancel --keep-checkpoint, start. Expected: no window is lost or repeated."""
    refuse(project, "cancel", beats.job, saying="either --keep-checkpoint or --discard-state")
    before = latest(project, beats.job)

    succeed(project, "cancel", beats.job, "--keep-checkpoint")

    (kept,) = snapshots(project, beats.job)
    assert (kept.kind, kept.origin) == ("checkpoint", "cancel")
    assert plain_location(kept.location) == str(checkpoints_of(project, before)[0])
    assert metadata_problem(kept.location) is None
    assert latest(project, beats.job).state == "cancelled"
    (status,) = succeed(project, "status", beats.job, "--json").json()
    assert (status["state"], "cancelled" in status["reason"]) == ("stopped", True)
    refuse(project, "recover", beats.job, saying="was cancelled on purpose")

    succeed(project, "start", beats.job)

    assert_restored(project, beats.job, kept.location)
    refuse(project, "start", beats.job, saying="runs already")
    await_checkpoints(project, beats.job, 2)
    assert beats.assert_every_window_once() > 10


@pytest.mark.slow
def test_start_from_a_named_snapshot(project: SampleProject, beats: Beats) -> None:
    """Step: savepoint, stop, start --from the savepoint. Expected: asked first, then restored."""
    succeed(project, "savepoint", beats.job)
    (named,) = snapshots(project, beats.job)
    await_checkpoints(project, beats.job, 1)
    succeed(project, "stop", beats.job)
    nowhere = f"{named.location}-nowhere"

    refuse(project, "start", beats.job, "--from", nowhere, saying="_metadata is missing or empty")
    refuse(project, "start", beats.job, "--from", named.location, saying="nobody can answer here")
    succeed(project, "start", beats.job, "--from", named.location, "--yes")

    assert_restored(project, beats.job, named.location)


@pytest.mark.slow
def test_rescale_by_a_restart(project: SampleProject, beats: Beats) -> None:
    """Step: rescale 1 → 2 without the adaptive scheduler. Expected: from a savepoint, exactly."""
    refuse(project, "rescale", beats.job, "129", saying="its max_parallelism is 128")
    refuse(project, "rescale", beats.job, "100", saying="task slots")

    succeed(project, "rescale", beats.job, "2")

    assert_rescaled(project, beats.job)
    now = assert_one_healthy_job(project, beats.job)
    assert (now.attempt, now.parallelism) == (2, 2)
    assert now.restored_from == snapshots(project, beats.job)[0].location
    (status,) = succeed(project, "status", beats.job, "--json").json()
    assert status["declared_parallelism"] == 1
    assert beats.assert_every_window_once() > 10


@pytest.mark.slow
def test_rescale_in_place_on_the_adaptive_scheduler(
    project: SampleProject, stack: OwnStack, beats: Beats
) -> None:
    """Step: the cluster gets the adaptive scheduler, the job is recovered, then rescaled 1 → 2.

    Expected: the same Flink job goes on with two tasks, and a lost JobManager brings it back so.
    """
    stack.set_flink_option("jobmanager.scheduler", "adaptive")
    try:
        lose_jobmanager(project, stack)
        succeed(project, "recover", beats.job)
        before = assert_one_healthy_job(project, beats.job)

        succeed(project, "rescale", beats.job, "2")

        assert_rescaled(project, beats.job)
        now = assert_one_healthy_job(project, beats.job)
        assert (now.flink_job_id, now.parallelism) == (before.flink_job_id, 2)
        assert "has parallelism 2 already" in succeed(project, "rescale", beats.job, "2").err
        assert "parallelism 1 is declared" in succeed(project, "status", beats.job).out
        lose_jobmanager(project, stack)
        succeed(project, "recover", beats.job)
        assert_rescaled(project, beats.job)
        await_checkpoints(project, beats.job, 2)
        assert beats.assert_every_window_once() > 10
    finally:
        stack.set_flink_option("jobmanager.scheduler", "default")
        lose_jobmanager(project, stack)


def assert_rescaled(project: SampleProject, job: str) -> None:
    def parallelism() -> list[int]:
        now = picture(project, job)
        return [one.parallelism for one in now.vertices] if now else []

    until(lambda: 2 in parallelism(), seconds=PATIENCE, what="it runs with two tasks")
    now: Any = picture(project, job)
    assert {one.parallelism for one in now.vertices} <= {1, 2}
    assert all(one.parallelism == min(2, one.max_parallelism) for one in now.vertices)
