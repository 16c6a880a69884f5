"""A rescaling in place that does not come about is taken back, and the job runs on."""

from datetime import timedelta
from typing import Any

import pytest
from harness.fake_flink import FakeJob
from harness.offline_project import LINE, OfflineProject
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.engine.step import Done, Intention, Pending, Run, Step
from headgate.operations.rescale import OPERATION

JOB = JobName("beats-per-second")


class Rescaling:
    """A rescale from one to three whose plan is made, walked by hand in the engine's order."""

    def __init__(self, project: OfflineProject) -> None:
        self.project = project
        self.job: FakeJob = project.job(JOB)
        self.evidence: dict[str, Json] = {
            "plan": {
                "action": "in_place",
                "base": self.job.id,
                "line": LINE,
                "vertices": {"v1": 3},
                "had": {"v1": 1},
                "parallelism": 3,
                "deadline_seconds": 60,
            }
        }
        lease = project.lease(JOB, "rescale", kind="rescale")
        operation = project.services.ledger.operation(lease.operation_id)
        assert operation is not None
        self.run = Run(operation, lease, project.services, self.evidence)

    def next_step(self) -> Step:
        return next(one for one in OPERATION.steps(self.evidence) if one.name not in self.evidence)

    def walk(self, step: Step, at_most: timedelta = timedelta(minutes=5)) -> Done:
        """Look, act, and look again until the step is done."""
        begun = self.project.time.at
        progress: dict[str, Any] = {}
        intent = step.intend(self.run)
        while True:
            elapsed = self.project.time.at - begun
            assert elapsed < at_most, "the step comes to no end"
            intention = Intention(intent, progress, elapsed)
            look: Any = step.look(self.run, intention)
            if isinstance(look, Done):
                self.evidence[step.name] = dict(look.evidence)
                return look
            if isinstance(look, Pending):
                progress = dict(look.progress or progress)
                self.project.time.at += look.poll_after
            else:
                step.act(self.run, intention)


@pytest.fixture
def rescaling(project: OfflineProject) -> Rescaling:
    return Rescaling(project)


def test_parallelism_that_does_not_come_about_is_taken_back(rescaling: Rescaling) -> None:
    rescaling.job.rescales = False

    rescaling.walk(rescaling.next_step())
    assert rescaling.job.required == 3
    step = rescaling.next_step()
    assert step.name == "take_back"
    with pytest.raises(Rejected, match="within 60 s: 0 of 1 vertices have it") as caught:
        rescaling.walk(step)

    assert rescaling.job.required == 1
    assert "parallelism of before is asked for again" in caught.value.still_true
    assert rescaling.project.services.ledger.deployments(JOB)[0].parallelism is None


def test_job_that_completes_no_checkpoint_with_it_gets_the_former_one(
    rescaling: Rescaling,
) -> None:
    rescaling.walk(rescaling.next_step())
    assert rescaling.job.parallelism == 3
    with pytest.raises(Rejected, match="a checkpoint has to complete"):
        rescaling.walk(rescaling.next_step())
    assert (rescaling.job.required, rescaling.job.parallelism) == (1, 1)


def test_parallelism_that_came_about_is_recorded(rescaling: Rescaling) -> None:
    step = rescaling.next_step()
    intent = step.intend(rescaling.run)
    step.act(rescaling.run, Intention(intent, {}, timedelta(0)))
    # Taken up again long after the deadline: the wait for a checkpoint begins now.
    first = step.look(rescaling.run, Intention(intent, {}, timedelta(hours=1)))
    assert isinstance(first, Pending)
    assert first.must_remember
    rescaling.job.completed += 1
    later = Intention(intent, dict(first.progress or {}), timedelta(hours=1, seconds=1))
    looked = step.look(rescaling.run, later)
    assert isinstance(looked, Done)
    rescaling.evidence[step.name] = dict(looked.evidence)

    assert rescaling.next_step().name == "record_rescale"
    rescaling.walk(rescaling.next_step())
    assert rescaling.project.services.ledger.deployments(JOB)[0].parallelism == 3


def test_job_that_has_ended_is_not_asked_to_take_anything_back(rescaling: Rescaling) -> None:
    rescaling.job.rescales = False
    rescaling.walk(rescaling.next_step())
    rescaling.job.state = "FAILED"
    with pytest.raises(Rejected, match="was not rescaled") as caught:
        rescaling.walk(rescaling.next_step())
    assert f"headgate recover {JOB}" in caught.value.next_step
    assert rescaling.job.required == 3
