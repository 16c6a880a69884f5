"""Files that appear whole, and the error where the artefacts cannot be written."""

import errno
import os
from pathlib import Path

import pytest
from harness.offline_project import OfflineProject
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.operations.deployment.whole_file import write_whole, writing_artefacts
from headgate.operations.engine.step import Run

JOB = JobName("beats-per-second")


@pytest.fixture
def run(project: OfflineProject) -> Run:
    lease = project.lease(JOB, "deploying", kind="deploy")
    operation = project.services.ledger.operation(lease.operation_id)
    assert operation is not None
    return Run(operation, lease, project.services, {})


def test_file_is_written_with_its_folders_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "plans" / "plan.json"

    write_whole(file, "one")
    write_whole(file, "two")

    assert file.read_text() == "two"
    assert list(file.parent.iterdir()) == [file]


def test_nothing_is_left_beside_a_file_that_cannot_be_put_there(tmp_path: Path) -> None:
    in_the_way = tmp_path / "plan.json"
    in_the_way.mkdir()
    (in_the_way / "file").write_text("")

    with pytest.raises(OSError, match=r"plan\.json"):
        write_whole(in_the_way, "one")

    assert list(tmp_path.iterdir()) == [in_the_way]


def test_artefacts_that_cannot_be_written_end_the_operation_with_the_next_command(run: Run) -> None:
    artefacts = run.services.environment.settings.artefacts
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(artefacts / "plan.json"))

    with (
        pytest.raises(Rejected) as refused,
        writing_artefacts(run, still_true="Nothing was stopped or submitted."),
    ):
        raise full

    assert str(refused.value).splitlines() == [
        f"{JOB}: the artefacts at {artefacts} cannot be written: No space left on device",
        "Nothing was stopped or submitted.",
        "Next: make room there or let headgate write there, then headgate deploy beats-per-second",
    ]
    assert refused.value.__cause__ is full
