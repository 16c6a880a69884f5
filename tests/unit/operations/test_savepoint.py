"""A savepoint operation against answers that a real JobManager seldom gives."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.fake_flink import MAGIC
from harness.offline_project import START, OfflineProject
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId, trigger_id
from headgate.ledger.errors import Busy
from headgate.ledger.records import OperationRecord, SnapshotRecord
from headgate.operations.engine.engine import Event
from headgate.operations.engine.running import operation_of, run_operation, succeeded
from headgate.operations.restoring.known_snapshots import checkpoint_folder, known_snapshots

JOB = JobName("beats-per-second")


class Killed(BaseException):
    """Stands for the death of the process: nothing may catch it."""


def take(project: OfflineProject, die_at: tuple[str, str] | None = None) -> OperationRecord:
    def listen(event: Event) -> None:
        if (event.step, event.phase) == die_at:
            raise Killed

    services = project.services
    request = operation_of("savepoint").request(services, JOB, {})
    return run_operation(services, "savepoint", JOB, request, surface="t", listener=listen)


def recorded(project: OfflineProject) -> list[SnapshotRecord]:
    return list(project.services.ledger.snapshots(JOB))


def test_savepoint_is_verified_measured_and_recorded(project: OfflineProject) -> None:
    job = project.job(JOB, format="native")

    operation = succeeded(take(project))

    (record,) = recorded(project)
    assert f"/savepoints/{JOB}/g1/{operation.id}/savepoint-" in record.location
    assert (record.format, record.origin, record.state) == ("native", "on_demand", "whole")
    assert record.size_bytes == len(job.metadata) + 100
    assert record.duration_ms == 208
    assert record.flink_version == "2.3.0"
    assert record.artefact_digest == "a"
    assert job.posts == [trigger_id(operation.id, "savepoint")]


def test_completed_with_a_cause_is_a_failure_tried_once_more(project: OfflineProject) -> None:
    job = project.job(JOB)
    job.failures = ["java.io.IOException: No space left on device"]

    operation = succeeded(take(project))

    assert job.posts == [trigger_id(operation.id, "savepoint", n) for n in (1, 2)]
    assert len(recorded(project)) == 1


def test_savepoint_that_fails_twice_is_told_and_not_recorded(project: OfflineProject) -> None:
    job = project.job(JOB)
    job.failures = ["java.io.IOException: No space left on device"] * 2

    with pytest.raises(Rejected, match="No space left on device") as failed:
        take(project)

    assert "The job keeps running; no savepoint was recorded." in str(failed.value)
    assert len(job.posts) == 2
    assert recorded(project) == []


def test_forgotten_trigger_is_found_in_its_own_folder(project: OfflineProject) -> None:
    job = project.job(JOB)
    job.forgets_triggers = True

    succeeded(take(project))

    assert len(job.posts) == 1, "a second trigger would have made a second savepoint"
    assert len(recorded(project)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\0\0\0\0rest", "not one of Flink's"), (MAGIC, "cut off")],
)
def test_savepoint_with_a_bad_metadata_file_is_not_recorded(
    project: OfflineProject, content: bytes, words: str
) -> None:
    project.job(JOB).metadata = content

    with pytest.raises(Rejected, match=words) as failed:
        take(project)

    assert "was not recorded" in str(failed.value)
    assert recorded(project) == []


@pytest.mark.parametrize(
    "moment",
    [
        (step, phase)
        for step in ("find", "savepoint", "record_savepoint")
        for phase in ("intended", "acting", "acted", "pending", "done")
        if (step, phase)
        not in {
            ("find", "acting"),
            ("find", "acted"),
            ("find", "pending"),
            ("record_savepoint", "pending"),
        }
    ],
)
def test_savepoint__killed_at_a_step_boundary(
    project: OfflineProject, moment: tuple[str, str]
) -> None:
    """Step: the process dies. Expected: run again, one savepoint under one trigger id."""
    job = project.job(JOB)
    with pytest.raises(Killed):
        take(project, die_at=moment)

    succeeded(take(project))

    assert len(set(job.posts)) == 1
    assert len(recorded(project)) == 1
    assert len(project.services.ledger.operations(JOB)) == 2  # the deployment, and this one


def test_savepoint_that_is_resumed_late_is_as_old_as_its_files(project: OfflineProject) -> None:
    """The process dies, the savepoint becomes whole, the job goes on; then the JobManager is lost,
    with the statistics, and only much later the operation is resumed.
    """
    job = project.job(JOB)
    with pytest.raises(Killed):
        take(project, die_at=("savepoint", "pending"))
    services = project.services
    (operation,) = services.ledger.operations(JOB, states=("running",))
    steps = {step.name: step for step in services.ledger.steps(operation.id)}
    folder = Path(steps["savepoint"].intent["folder"].removeprefix("file:")) / "savepoint-1"
    written_at = START + timedelta(minutes=1)
    put_snapshot(folder, 7, written_at)
    checkpoint = Path(checkpoint_folder(services, JOB)) / job.id / "chk-500"
    put_snapshot(checkpoint, 500, START + timedelta(minutes=30))
    project.flink.jobs.clear()
    project.time.at = START + timedelta(hours=2)

    succeeded(take(project))

    (record,) = recorded(project)
    assert record.taken_at == written_at
    latest, _ = known_snapshots(services, JOB)
    assert latest.location == f"file:{checkpoint}"


def put_snapshot(folder: Path, number: int, at: datetime) -> None:
    folder.mkdir(parents=True)
    metadata = folder / "_metadata"
    metadata.write_bytes(MAGIC + b"\0\0\0\4" + number.to_bytes(8, "big") + b"rest")
    os.utime(metadata, (at.timestamp(), at.timestamp()))


def test_job_that_has_ended_is_refused(project: OfflineProject) -> None:
    project.job(JOB).state = "CANCELED"

    with pytest.raises(Rejected, match="does not run: its last deployment has ended"):
        take(project)


def test_job_that_keeps_restarting_is_refused_after_a_while(project: OfflineProject) -> None:
    job = project.job(JOB)
    job.tasks = "INITIALIZING"

    with pytest.raises(Rejected, match="not all of its tasks run"):
        take(project)

    assert job.posts == []
    assert project.time.slept.total_seconds() >= 60


def test_job_under_another_operation_is_refused(project: OfflineProject) -> None:
    project.job(JOB)
    project.lease(JOB, "upgrade", kind="upgrade")

    with pytest.raises(Busy, match="upgrade is under way"):
        take(project)


def test_unknown_format_is_refused(project: OfflineProject) -> None:
    project.job(JOB)
    options: dict[str, Any] = {"format": "avro"}

    with pytest.raises(Rejected, match="'avro' is no savepoint format"):
        operation_of("savepoint").request(project.services, JOB, options)


def test_job_that_was_never_deployed_is_refused(project: OfflineProject) -> None:
    project.declare(JOB)

    with pytest.raises(Rejected, match="was never deployed"):
        operation_of("savepoint").request(project.services, JOB, {})
    assert project.services.ledger.operation(OperationId("x")) is None
