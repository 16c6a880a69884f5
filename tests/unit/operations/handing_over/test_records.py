"""What is written when the second job has become the job: its row, its plan, the first one's end.

The ends of its sinks are read from Kafka; a job that writes nothing needs no broker.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from harness.two_jobs import JOB, NEW_LINE, Taken, TwoJobs
from headgate.errors import Rejected
from headgate.ids import FlinkJobId
from headgate.operations.deployment import kept_submission
from headgate.operations.deployment.kept_submission import kept_submissions
from headgate.operations.engine.step import Absent, Done
from headgate.operations.handing_over.keep_plan import KeepPlan
from headgate.operations.handing_over.record_end import RecordEnd
from headgate.operations.handing_over.record_second import RecordSecond

MANIFEST = {"version": 1, "operators": {}, "max_parallelism": 128, "backend": None}


@pytest.fixture
def staged(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "staged"
    folder.mkdir()
    (folder / "plan.json").write_text('{"nodes": []}')
    return {"folder": str(folder), "digest": "d2"}


def second(jobs: TwoJobs, staged: dict[str, str]) -> Taken:
    state = {"old_gates": 2, "new_gates": 2, "manifest": MANIFEST}
    return Taken(jobs, RecordSecond(), jobs.run(stage=staged, state=state))


def test_second_job_is_the_job_from_then_on(jobs: TwoJobs, staged: dict[str, str]) -> None:
    step = second(jobs, staged)
    assert isinstance(step.look(), Absent)
    step.act()
    assert step.done()["ends"] == {}
    latest, before = jobs.services.ledger.deployments(JOB)
    assert before.flink_job_id == jobs.old.id
    assert (latest.flink_job_id, latest.line, latest.state) == (jobs.new.id, NEW_LINE, "healthy")
    assert (latest.generation, latest.attempt, latest.parallelism) == (2, 1, 2)
    assert latest.restored_from == "file:/beside"
    assert (latest.artefacts, latest.artefact_digest) == (staged["folder"], "d2")
    assert latest.state_manifest == MANIFEST
    assert latest.cluster == jobs.second.address
    assert latest.operation_id == jobs.lease.operation_id


def test_copy_beside_its_artefacts_is_the_row(jobs: TwoJobs, staged: dict[str, str]) -> None:
    second(jobs, staged).act()
    assert kept_submissions(jobs.services, JOB)[:1] == [jobs.services.ledger.deployments(JOB)[0]]


def test_disk_that_is_full_leaves_the_ledger_as_it_was(
    jobs: TwoJobs, staged: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_submission, "write_whole", full)
    step = second(jobs, staged)
    with pytest.raises(Rejected, match="No space left on device"):
        step.act()
    assert isinstance(step.look(), Absent)


def test_plan_that_runs_takes_the_place_of_that_which_ran(
    jobs: TwoJobs, staged: dict[str, str]
) -> None:
    step = Taken(jobs, KeepPlan(), jobs.run(stage=staged))
    kept = Path(step.intent["kept"])
    assert kept.name == "p2.json"
    assert isinstance(step.look(), Absent)
    kept.parent.mkdir(parents=True)
    kept.write_text('{"nodes": ["before"]}')
    assert isinstance(step.look(), Absent)
    step.act()
    assert isinstance(step.look(), Done)
    assert kept.read_text() == '{"nodes": []}'
    assert list(kept.parent.iterdir()) == [kept]


def test_first_job_without_its_last_savepoint_is_recorded_as_ended(jobs: TwoJobs) -> None:
    step = Taken(jobs, RecordEnd(), jobs.run())
    assert isinstance(step.look(), Absent)
    step.act()
    assert isinstance(step.look(), Done)
    ledger = jobs.services.ledger
    assert ledger.deployment(JOB, FlinkJobId(jobs.old.id)).state == "cancelled"


def test_row_of_another_job_is_not_taken_for_the_second_one(
    jobs: TwoJobs, staged: dict[str, str]
) -> None:
    ledger = jobs.services.ledger
    other = replace(ledger.deployments(JOB)[0], generation=2, flink_job_id=FlinkJobId("f" * 32))
    ledger.add_deployment(jobs.lease, other)
    assert isinstance(second(jobs, staged).look(), Absent)
