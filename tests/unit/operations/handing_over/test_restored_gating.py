"""What a job goes on from may have been handed over before: its beginning goes with its state."""

import json
from pathlib import Path
from typing import Any

import pytest
from harness.two_jobs import JOB, TwoJobs, recorded
from headgate.ids import JobName
from headgate.operations.deployment.side_of_running import side_of_running
from headgate.operations.restoring.restored_gating import restored_gating
from headgate.plan.handover import Bounds

OPEN_GATING = {"after": None, "leaves_sinks_out": False}


def manifest(*uids: str, sinks: tuple[str, ...] = ("1_sink",)) -> dict[str, Any]:
    """Operators that keep windows, and sinks."""
    windows = {uid: {"key": "STRING", "states": {"window": "BIGINT"}} for uid in uids}
    writers = {uid: {"key": None, "states": {"writer_raw_states": "bytes"}} for uid in sinks}
    operators = {**windows, **writers}
    return {"version": 1, "operators": operators, "max_parallelism": 128, "backend": None}


def gating(jobs: TwoJobs, **evidence: Any) -> dict[str, Any]:
    return dict(restored_gating(jobs.run(**{"plan": {}, **evidence})))


@pytest.mark.parametrize(
    "evidence",
    [
        {"restore": {"state_of": "old"}},
        {"plan": {"state_of": "old"}},
        {"plan": {"base": "old"}},
        {"restore": {"state_of": "old"}, "plan": {"base": "another"}},
    ],
    ids=["chosen", "planned", "restarted", "chosen over restarted"],
)
def test_beginning_of_the_job_whose_state_it_is_goes_over(
    jobs: TwoJobs, evidence: dict[str, dict[str, str]]
) -> None:
    jobs.give(jobs.old, Bounds(7, 9))
    named = {
        step: {name: jobs.old.id if value == "old" else "f" * 32 for name, value in found.items()}
        for step, found in evidence.items()
    }
    assert gating(jobs, **named) == {"after": 7, "leaves_sinks_out": False}


def test_job_that_was_never_handed_over_publishes_everything(jobs: TwoJobs) -> None:
    assert gating(jobs, restore={"state_of": jobs.old.id}) == OPEN_GATING


def test_job_without_earlier_state_publishes_everything(jobs: TwoJobs) -> None:
    jobs.give(jobs.old, Bounds(after=7))
    assert gating(jobs) == OPEN_GATING
    assert gating(jobs, restore={"state_of": None}) == OPEN_GATING


@pytest.mark.parametrize("after", [8, None])
def test_beginning_that_was_chosen_is_that_and_no_other(jobs: TwoJobs, after: int | None) -> None:
    jobs.give(jobs.old, Bounds(after=7))
    found = gating(jobs, restore={"state_of": jobs.old.id, "after": after})
    assert found["after"] == after


MADE = manifest("4_window", sinks=("1_sink",))


@pytest.mark.parametrize(
    ("made", "wanted", "expected"),
    [
        (MADE, MADE, False),
        (MADE, manifest("4_window", sinks=("9_sink",)), True),
        (MADE, manifest("5_window", sinks=("9_sink",)), False),
        (MADE, manifest("4_window", "5_window", sinks=("9_sink",)), True),
        (None, MADE, False),
        (MADE, None, False),
    ],
    ids=[
        "the same",
        "other sinks",
        "a window would be left over",
        "more windows and other sinks",
        "not recorded",
        "not known",
    ],
)
@pytest.mark.parametrize("told_by", ["plan", "state"])
def test_sinks_alone_may_be_left_over(
    jobs: TwoJobs, made: Any, wanted: Any, expected: bool, told_by: str
) -> None:
    recorded(jobs, jobs.new, generation=2, state_manifest=made)
    evidence = {told_by: {"manifest": wanted}, "restore": {"state_of": jobs.new.id}}
    assert gating(jobs, **evidence)["leaves_sinks_out"] is expected


def test_snapshot_that_no_deployment_has_made_leaves_nothing_over(jobs: TwoJobs) -> None:
    evidence = {"restore": {"state_of": "f" * 32}, "plan": {"manifest": MADE}}
    assert gating(jobs, **evidence) == OPEN_GATING


def staged(jobs: TwoJobs, folder: Path, **binding: Any) -> None:
    """The second job is the job, and ran from this."""
    folder.mkdir()
    (folder / "binding.json").write_text(json.dumps(binding))
    recorded(jobs, jobs.new, generation=2, artefacts=str(folder))


def test_mark_is_that_of_the_latest_submission(jobs: TwoJobs, tmp_path: Path) -> None:
    staged(jobs, tmp_path / "staged", side="2x1")
    assert side_of_running(jobs.services, JOB) == "2x1"


def test_job_that_never_began_beside_another_one_has_no_mark(jobs: TwoJobs, tmp_path: Path) -> None:
    assert side_of_running(jobs.services, JOB) is None, "its artefacts are not recorded"
    staged(jobs, tmp_path / "staged")
    assert side_of_running(jobs.services, JOB) is None
    assert side_of_running(jobs.services, JobName("never-deployed")) is None


@pytest.mark.parametrize("text", [None, "{"], ids=["gone", "not whole"])
def test_binding_that_cannot_be_read_has_no_mark(
    jobs: TwoJobs, tmp_path: Path, text: str | None
) -> None:
    folder = tmp_path / "staged"
    staged(jobs, folder, side="2x1")
    file = folder / "binding.json"
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    assert side_of_running(jobs.services, JOB) is None
