"""The second job is closed before its driver runs, and no deployment of the ledger until later."""

from pathlib import Path
from typing import Any

import pytest
from harness.fake_flink import FakeJob
from harness.two_jobs import JOB, Taken, TwoJobs
from headgate.errors import Rejected
from headgate.operations.deployment.kept_submission import kept_submissions
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.engine.step import Absent, Done
from headgate.operations.handing_over.submit_beside import SubmitBeside
from headgate.operations.stage import Artefacts, stage
from headgate.plan.handover import CLOSED, OPEN, Bounds

BINDING = b'{"submission": {"parallelism.default": "1"}}'
SAVEPOINT = {"location": "file:/state/beside"}


@pytest.fixture
def staged(tmp_path: Path) -> dict[str, str]:
    files = (("binding.json", BINDING), ("headgate_runtime/driver.py", b"print(1)"))
    return stage(tmp_path / "staged", Artefacts(JOB, files)).as_evidence()


@pytest.fixture
def step(jobs: TwoJobs, staged: dict[str, str]) -> Taken:
    """Nothing has been submitted yet."""
    jobs.second.jobs.clear()
    jobs.file(jobs.new).unlink()
    return Taken(jobs, SubmitBeside(), jobs.run(stage=staged, savepoint=SAVEPOINT))


def configuration(jobs: TwoJobs) -> dict[str, Any]:
    (body,) = jobs.second.runs
    found: dict[str, Any] = body["flinkConfiguration"]
    return found


def test_second_job_is_closed_when_its_driver_runs(step: Taken, jobs: TwoJobs) -> None:
    given: list[Bounds] = []
    jobs.second.on_run = lambda: given.append(jobs.given(jobs.new))
    assert isinstance(step.look(), Absent)
    step.act()
    assert given == [CLOSED]
    assert step.done()["flink_job_id"] == jobs.new.id
    required = "headgate.handover.required:'true'"
    assert required in configuration(jobs)["pipeline.global-job-parameters"]
    assert str(jobs.file(jobs.new)) in configuration(jobs)["pipeline.global-job-parameters"]


def test_it_goes_on_from_the_savepoint_that_did_not_stop_the_first_one(
    step: Taken, jobs: TwoJobs
) -> None:
    step.act()
    (body,) = jobs.second.runs
    assert body["savepointPath"] == SAVEPOINT["location"]
    assert body["claimMode"] == "NO_CLAIM"
    assert body["allowNonRestoredState"] is True, "the first one's sinks are not taken over"
    assert (body["jobId"], body["parallelism"]) == (jobs.new.id, 2)


def test_ledger_knows_nothing_of_it_yet(step: Taken, jobs: TwoJobs) -> None:
    step.act()
    assert [one.flink_job_id for one in jobs.services.ledger.deployments(JOB)] == [jobs.old.id]
    assert kept_submissions(jobs.services, JOB) == []


@pytest.mark.parametrize("where", ["first", "second"])
def test_live_job_may_run_in_either_cluster(step: Taken, jobs: TwoJobs, where: str) -> None:
    if where == "second":
        jobs.second.jobs[jobs.old.id] = jobs.old
    step.act()
    assert isinstance(step.look(), Done)


def test_third_job_of_that_name_is_refused(step: Taken, jobs: TwoJobs) -> None:
    jobs.second.jobs["f" * 32] = FakeJob("f" * 32, JOB)
    with pytest.raises(Rejected, match=r"runs already as f{32}"):
        step.act()
    assert jobs.second.runs == []
    assert not jobs.file(jobs.new).exists()


def test_what_was_changed_since_it_was_staged_is_refused(
    step: Taken, jobs: TwoJobs, staged: dict[str, str]
) -> None:
    (Path(staged["folder"]) / "more.py").write_text("")
    with pytest.raises(Rejected, match="was changed before it was submitted"):
        step.act()
    assert jobs.second.runs == []


def test_submitted_again_after_a_death_it_is_found(step: Taken, jobs: TwoJobs) -> None:
    step.act()
    again = Taken(jobs, SubmitBeside(), step.run)
    assert isinstance(again.look(), Done)
    assert len(jobs.second.runs) == 1


RESTORE = {"location": "file:/state/own"}


@pytest.mark.parametrize(
    ("restore", "given", "is_required"),
    [
        ({**RESTORE, "after": 7}, Bounds(after=7), True),
        ({**RESTORE, "after": None}, OPEN, False),
        (RESTORE, OPEN, False),
    ],
    ids=["from an instant on", "everything", "no hand-over"],
)
def test_submission_tells_its_gates_from_where_it_publishes(
    jobs: TwoJobs,
    staged: dict[str, str],
    restore: dict[str, Any],
    given: Bounds,
    is_required: bool,
) -> None:
    """Also where all is open: a job that was called off has left a closed file under this id."""
    jobs.second.jobs.clear()
    assert jobs.given(jobs.new) == CLOSED
    restored = {**restore, "state_of": jobs.old.id}
    step = Taken(jobs, Submit(), jobs.run(stage=staged, restore=restored))
    step.act()
    assert jobs.given(jobs.new) == given
    assert jobs.file(jobs.new).exists() is is_required
    parameters = configuration(jobs)["pipeline.global-job-parameters"]
    assert ("headgate.handover.required" in parameters) is is_required
