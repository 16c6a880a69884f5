"""A hand-over that is called off: the first job publishes as before, nothing of the second stays.

Closed before the first one is open, the second job would drop what nobody else publishes.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import MAGIC
from harness.two_jobs import BEGAN, JOB, Taken, TwoJobs
from headgate.errors import Unavailable
from headgate.operations.engine.step import Absent, Done, Pending
from headgate.operations.handing_over.call_off import OpenFirst, RemoveSecond
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.plan.handover import CLOSED, OPEN, Bounds

INSTANT = BEGAN + 20_000


@pytest.fixture
def jobs(jobs: TwoJobs) -> TwoJobs:
    """Both were told an instant that has not come yet."""
    jobs.give(jobs.old, Bounds(until=INSTANT))
    jobs.give(jobs.new, Bounds(after=INSTANT))
    jobs.go_on(timedelta(seconds=1))
    return jobs


@pytest.fixture
def checkpoints(jobs: TwoJobs) -> Path:
    """Those of the second job."""
    folder = Path(checkpoint_folder(jobs.services, JOB)) / jobs.new.id
    (folder / "chk-3").mkdir(parents=True)
    (folder / "chk-3" / "_metadata").write_bytes(MAGIC)
    return folder


def opened(jobs: TwoJobs) -> Taken:
    step = Taken(jobs, OpenFirst(), jobs.run())
    assert isinstance(step.look(), Absent)
    step.act()
    return step


def removed(jobs: TwoJobs) -> Taken:
    return Taken(jobs, RemoveSecond(), jobs.run())


def test_first_job_publishes_without_an_end_again(jobs: TwoJobs) -> None:
    step = opened(jobs)
    assert jobs.given(jobs.old) == OPEN
    assert jobs.given(jobs.new) == Bounds(after=INSTANT), "it is closed by the next step"
    assert isinstance(step.look(), Done)


def test_first_job_keeps_its_own_beginning(jobs: TwoJobs) -> None:
    jobs.give(jobs.old, Bounds(7, INSTANT))
    opened(jobs)
    assert jobs.given(jobs.old) == Bounds(after=7)


def test_nothing_is_written_where_the_first_job_was_never_told(jobs: TwoJobs) -> None:
    jobs.file(jobs.old).unlink()
    assert isinstance(Taken(jobs, OpenFirst(), jobs.run()).look(), Done)
    assert not jobs.file(jobs.old).exists()


def test_second_job_is_closed_only_when_every_gate_of_the_first_is_seen_open(
    jobs: TwoJobs,
) -> None:
    late = jobs.old.gates[1]
    late.reads = False
    step = opened(jobs)
    assert step.pending() == "waiting until the first job's gates are open"
    late.reads = True
    assert isinstance(step.look(), Done)


def test_gate_that_is_not_to_be_seen_is_waited_for(jobs: TwoJobs) -> None:
    jobs.old.gates.pop()
    assert "gates are open" in opened(jobs).pending()


def test_gates_are_waited_for_40_seconds_and_no_longer(jobs: TwoJobs) -> None:
    jobs.old.gates[0].reads = False
    step = opened(jobs)
    jobs.project.time.at += timedelta(seconds=39)
    assert "gates are open" in step.pending()
    jobs.project.time.at += timedelta(seconds=1)
    assert isinstance(step.look(), Done)


@pytest.mark.parametrize("how", ["ended", "unknown"])
def test_first_job_that_is_no_more_is_not_waited_for(jobs: TwoJobs, how: str) -> None:
    for gate in jobs.old.gates:
        gate.reads = False
    step = opened(jobs)
    if how == "ended":
        jobs.old.state = "FAILED"
    else:
        jobs.first.jobs.clear()
    assert isinstance(step.look(), Done)


def test_cluster_of_the_first_job_that_does_not_answer_is_waited_for(jobs: TwoJobs) -> None:
    step = opened(jobs)
    jobs.first.answers = False
    assert "gates are open" in step.pending()


def test_second_job_ends_and_leaves_nothing_but_a_closed_file(
    jobs: TwoJobs, checkpoints: Path
) -> None:
    step = removed(jobs)
    assert isinstance(step.look(), Absent)
    step.act()
    assert step.done()["left"] is None
    assert jobs.new.state == "CANCELED"
    assert jobs.given(jobs.new) == CLOSED
    assert not checkpoints.exists()
    assert jobs.old.state == "RUNNING"


def test_second_job_is_closed_before_it_is_cancelled(jobs: TwoJobs, checkpoints: Path) -> None:
    jobs.second.answers = False
    step = removed(jobs)
    with pytest.raises(Unavailable):
        step.act()
    assert jobs.given(jobs.new) == CLOSED
    jobs.second.answers = True
    assert isinstance(step.look(), Absent), "it is closed, and runs"
    step.act()
    assert step.done()["left"] is None
    assert not checkpoints.exists()


def test_checkpoints_that_an_ended_job_has_left_are_deleted(
    jobs: TwoJobs, checkpoints: Path
) -> None:
    jobs.new.state = "FAILED"
    jobs.give(jobs.new, CLOSED)
    step = removed(jobs)
    assert isinstance(step.look(), Absent)
    step.act()
    assert isinstance(step.look(), Done)
    assert not checkpoints.exists()


def test_checkpoints_stay_while_the_job_does_not_end(jobs: TwoJobs, checkpoints: Path) -> None:
    jobs.new.ignores_cancel = True
    step = removed(jobs)
    step.act()
    assert isinstance(step.look(), Absent)
    assert checkpoints.exists()


def test_job_that_was_never_submitted_is_removed_too(jobs: TwoJobs) -> None:
    jobs.second.jobs.clear()
    jobs.file(jobs.new).unlink()
    step = removed(jobs)
    assert isinstance(step.look(), Absent)
    step.act()
    assert isinstance(step.look(), Done)
    assert jobs.given(jobs.new) == CLOSED, "a driver that runs on may still start it"


def test_cluster_that_does_not_answer_is_left_after_a_minute(
    jobs: TwoJobs, checkpoints: Path
) -> None:
    jobs.give(jobs.new, CLOSED)
    jobs.second.answers = False
    step = removed(jobs)
    jobs.project.time.at += timedelta(seconds=59)
    assert isinstance(step.look(), Pending)
    jobs.project.time.at += timedelta(seconds=1)
    left = step.done()["left"]
    assert left == f"Flink 2.2 does not answer; if {jobs.new.id} is there, it is closed"
    assert checkpoints.exists()
