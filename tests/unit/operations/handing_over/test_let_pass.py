"""The first job is stopped when all that it has to publish is committed, and not before."""

from datetime import timedelta
from typing import Any

import pytest
from harness.two_jobs import BEGAN, Taken, TwoJobs
from headgate.errors import Rejected, Unavailable
from headgate.operations.engine.step import Done, Pending
from headgate.operations.handing_over.let_pass import LetPass

INSTANT = BEGAN + 20_000


def checkpoint(at: int, status: str = "COMPLETED", *, is_savepoint: bool = False) -> dict[str, Any]:
    """As Flink has it, the instant of its trigger in epoch milliseconds."""
    return {
        "status": status,
        "trigger_timestamp": at,
        "end_to_end_duration": 1,
        "state_size": 0,
        "is_savepoint": is_savepoint,
    }


@pytest.fixture
def step(jobs: TwoJobs) -> Taken:
    old = {"flink_job_id": jobs.old.id, "line": "2.3", "gates": 2}
    return Taken(jobs, LetPass(), jobs.run(agree={"old": old, "instant": INSTANT}))


def passed(step: Taken, *checkpoints: dict[str, Any]) -> None:
    """The instant has passed; these checkpoints were known by then."""
    step.jobs.old.checkpoints = list(checkpoints)
    step.jobs.come_to(INSTANT, step.jobs.old)
    looked = step.look()
    assert isinstance(looked, Pending)
    assert looked.must_remember


def test_it_waits_for_the_instant(step: Taken, jobs: TwoJobs) -> None:
    jobs.old.checkpoints = [checkpoint(1)]
    jobs.come_to(INSTANT - 1, jobs.old)
    jobs.come_to(INSTANT + 9_000, jobs.new)
    assert step.pending() == "the instant has not come yet"


@pytest.mark.parametrize(
    ("later", "is_done"),
    [
        ([], False),
        ([checkpoint(6_000, "IN_PROGRESS")], False),
        ([checkpoint(6_000, "FAILED")], False),
        ([checkpoint(6_000, is_savepoint=True)], False),
        ([checkpoint(6_000)], True),
        ([checkpoint(7_000, "IN_PROGRESS"), checkpoint(6_000)], True),
    ],
    ids=["none", "under way", "failed", "savepoint", "completed", "one more under way"],
)
def test_only_a_checkpoint_that_began_later_commits_all(
    step: Taken, jobs: TwoJobs, later: list[dict[str, Any]], is_done: bool
) -> None:
    passed(step, checkpoint(5_000), checkpoint(4_000))
    jobs.old.checkpoints = [*later, *jobs.old.checkpoints]
    assert isinstance(step.look(), Done) is is_done


def test_checkpoint_that_was_under_way_when_the_instant_passed_commits_not_all(
    step: Taken, jobs: TwoJobs
) -> None:
    passed(step, checkpoint(5_000, "IN_PROGRESS"))
    jobs.old.checkpoints = [checkpoint(5_000)]
    assert step.pending() == "the first job commits"
    jobs.old.checkpoints = [checkpoint(5_001), checkpoint(5_000)]
    assert isinstance(step.look(), Done)


def test_job_without_any_checkpoint_waits_for_its_first(step: Taken, jobs: TwoJobs) -> None:
    passed(step)
    assert step.pending() == "the first job commits"
    jobs.old.checkpoints = [checkpoint(1)]
    assert isinstance(step.look(), Done)


def test_what_was_the_newest_is_remembered_once(step: Taken, jobs: TwoJobs) -> None:
    passed(step, checkpoint(5_000))
    jobs.old.checkpoints = [checkpoint(6_000, "IN_PROGRESS"), checkpoint(5_000)]
    before = dict(step.progress)
    step.pending()
    assert step.progress == before


@pytest.mark.parametrize("how", ["ended", "unknown"])
@pytest.mark.parametrize("has_passed", [False, True])
def test_first_job_that_is_lost_before_is_told(
    step: Taken, jobs: TwoJobs, how: str, has_passed: bool
) -> None:
    if has_passed:
        passed(step, checkpoint(5_000))
    if how == "ended":
        jobs.old.state = "FINISHED"
    else:
        jobs.first.jobs.clear()
    with pytest.raises(Rejected, match="before all its results up to the instant were committed"):
        step.look()


def test_job_that_restarts_is_waited_for(step: Taken, jobs: TwoJobs) -> None:
    jobs.old.state, jobs.old.watermark, jobs.old.gates = "RESTARTING", None, []
    assert step.pending() == "the instant has not come yet"


def test_cluster_that_does_not_answer_is_asked_again(step: Taken, jobs: TwoJobs) -> None:
    jobs.first.answers = False
    with pytest.raises(Unavailable):
        step.look()
    jobs.first.answers = True
    jobs.project.time.at += timedelta(seconds=5)
    assert isinstance(step.look(), Pending)
