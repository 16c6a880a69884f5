"""Checkpoints of submissions long past are deleted, whole folders at a time; others never."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from harness.fake_flink import MAGIC
from harness.offline_project import ENVIRONMENT, START, OfflineProject
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, JobName, flink_job_id
from headgate.ledger.records import OperationRecord
from headgate.operations.disposing import delete_checkpoints
from headgate.operations.disposing.overdue import jobs_with_superfluous_checkpoints
from headgate.operations.disposing.superfluous_checkpoints import superfluous_checkpoints
from headgate.operations.engine.engine import Event
from headgate.operations.engine.running import operation_of, run_operation, succeeded
from headgate.operations.restoring.known_snapshots import checkpoint_folder

JOB = JobName("beats-per-second")
IDS = [flink_job_id(ENVIRONMENT, JOB, generation, 1) for generation in (1, 2, 3)]
UNKNOWN = "f" * 32


class Killed(BaseException):
    """Stands for the death of the process: nothing may catch it."""


@pytest.fixture
def project(project: OfflineProject) -> OfflineProject:
    """Three generations, a day apart, each with two checkpoints; the third one runs."""
    time = project.time
    job = project.job(JOB)
    ledger = project.services.ledger
    first = ledger.deployments(JOB)[0]
    for generation in (2, 3):
        time.at += timedelta(days=1)
        lease = project.lease(JOB, f"deploy-{generation}", kind="deploy")
        changed = {"generation": generation, "flink_job_id": IDS[generation - 1]}
        ledger.add_deployment(lease, replace(first, **changed, created_at=time.at))  # type: ignore[arg-type]
        project.release(lease)
    for generation, job_id in enumerate(IDS):
        for number in (1, 2):
            checkpoint(project, job_id, 10 * generation + number, START + timedelta(generation))
    project.flink.jobs = {IDS[2]: replace(job, id=IDS[2])}
    time.at += timedelta(hours=1)
    return project


def folder_of(project: OfflineProject, job_id: str) -> Path:
    return Path(checkpoint_folder(project.services, JOB)) / job_id


def checkpoint(project: OfflineProject, job_id: str, number: int, at: datetime) -> Path:
    """A whole one, with a file that it shares with others."""
    folder = folder_of(project, job_id) / f"chk-{number}"
    folder.mkdir(parents=True)
    metadata = folder / "_metadata"
    metadata.write_bytes(MAGIC + b"\0\0\0\4" + number.to_bytes(8, "big") + b"rest")
    os.utime(metadata, (at.timestamp(), at.timestamp()))
    shared = folder.parent / "shared"
    shared.mkdir(exist_ok=True)
    (shared / "state").write_bytes(b"state")
    return folder


def left(project: OfflineProject) -> list[int]:
    """Generations whose folder is there."""
    return [n for n, job_id in enumerate(IDS, start=1) if folder_of(project, job_id).exists()]


def dispose(project: OfflineProject, die_at: tuple[str, str] | None = None) -> OperationRecord:
    def listen(event: Event) -> None:
        if (event.step, event.phase) == die_at:
            raise Killed

    services, kind = project.services, "dispose_checkpoints"
    request = operation_of(kind).request(services, JOB, {})
    return run_operation(services, kind, JOB, request, surface="t", listener=listen)


def reasons(project: OfflineProject) -> set[str]:
    return set(superfluous_checkpoints(project.services, JOB).kept.values())


def test_folder_and_records_of_a_submission_long_past_go(project: OfflineProject) -> None:
    recorded = project.savepoint(
        JOB, START, location=f"file:{folder_of(project, IDS[0])}/chk-2", kind="checkpoint"
    )
    savepoint = project.savepoint(JOB, START + timedelta(minutes=1))
    assert list(jobs_with_superfluous_checkpoints(project.services)) == [JOB]

    succeeded(dispose(project))

    assert left(project) == [2, 3]
    locations = [one.location for one in project.services.ledger.snapshots(JOB)]
    assert locations == [savepoint.location], recorded.location
    assert list(jobs_with_superfluous_checkpoints(project.services)) == []


def test_folder_that_no_submission_explains_is_told_and_stays(project: OfflineProject) -> None:
    project.flink.jobs[IDS[2]].state = "RUNNING"
    stranger = checkpoint(project, UNKNOWN, 1, START)

    decided = superfluous_checkpoints(project.services, JOB)

    assert [at.rsplit("/", 1)[-1] for at in decided.unknown] == [UNKNOWN]
    succeeded(dispose(project))
    assert stranger.exists()


def no_cluster(project: OfflineProject) -> None:
    project.flink.close()


def earlier_one_runs(project: OfflineProject) -> None:
    job = project.flink.jobs[IDS[2]]
    project.flink.jobs[IDS[0]] = replace(job, id=IDS[0])


def latest_is_not_healthy(project: OfflineProject) -> None:
    lease = project.lease(JOB, "stop", kind="test")
    project.services.ledger.update_deployment(lease, IDS[2], "intended")
    project.release(lease)


def latest_has_no_checkpoint(project: OfflineProject) -> None:
    for one in folder_of(project, IDS[2]).glob("chk-*"):
        (one / "_metadata").unlink()


def newest_checkpoint_is_broken(project: OfflineProject) -> None:
    (folder_of(project, IDS[2]) / "chk-22" / "_metadata").write_bytes(b"nonsense")


def pinned(project: OfflineProject) -> None:
    at = f"file:{folder_of(project, IDS[0])}/chk-2"
    project.savepoint(JOB, START, location=at, kind="checkpoint", pinned=True)


def other_job_stands_on_it(project: OfflineProject) -> None:
    project.job("other-job")
    ledger = project.services.ledger
    lease = project.lease("other-job", "start")
    first = ledger.deployments(JobName("other-job"))[0]
    at = f"file:{folder_of(project, IDS[0])}/chk-2"
    second = replace(first, attempt=2, flink_job_id=FlinkJobId("e" * 32), restored_from=at)
    ledger.add_deployment(lease, second)
    project.release(lease)


def waits_for_a_person(project: OfflineProject) -> None:
    lease = project.lease(JOB, "recover", kind="recover")
    project.services.ledger.end_operation(lease, "needs_operator")


def was_written_to_today(project: OfflineProject) -> None:
    checkpoint(project, IDS[0], 3, project.time.at)


KEPT = {
    no_cluster: "cannot be reached",
    earlier_one_runs: "although the ledger knows",
    latest_is_not_healthy: "is not healthy",
    latest_has_no_checkpoint: "has no checkpoint of its own",
    newest_checkpoint_is_broken: "not one of Flink's",
    pinned: "in use",
    other_job_stands_on_it: "in use",
    waits_for_a_person: "waits for a person",
    was_written_to_today: "less than a day ago",
}


@pytest.mark.parametrize("happens", KEPT, ids=lambda one: one.__name__)
def test_nothing_is_deleted_when(project: OfflineProject, happens: object) -> None:
    assert callable(happens)
    happens(project)

    assert any(KEPT[happens] in reason for reason in reasons(project)), reasons(project)  # type: ignore[index]
    succeeded(dispose(project))
    assert left(project) == [1, 2, 3]


MOMENTS = [
    *((step, phase) for step in ("mark", "delete", "forget") for phase in ("intended", "done")),
    ("delete", "acting"),
    ("delete", "acted"),
    ("choose", "done"),
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_dispose__killed_at_a_step_boundary(
    project: OfflineProject, moment: tuple[str, str]
) -> None:
    """Step: the process dies. Expected: run again, it is finished, and no record is left."""
    at = f"file:{folder_of(project, IDS[0])}/chk-2"
    project.savepoint(JOB, START, location=at, kind="checkpoint")
    with pytest.raises(Killed):
        dispose(project, die_at=moment)

    succeeded(dispose(project))

    assert left(project) == [2, 3]
    assert project.services.ledger.snapshots(JOB) == []


def test_what_is_half_gone_does_not_look_whole(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(folder: str) -> None:
        raise Killed(folder)

    with monkeypatch.context() as patched:
        patched.setattr(delete_checkpoints, "delete_folder", dies)
        with pytest.raises(Killed):
            dispose(project)
    assert list(folder_of(project, IDS[0]).glob("chk-*/_metadata")) == []

    succeeded(dispose(project))

    assert left(project) == [2, 3]


def test_what_is_needed_since_it_was_chosen_is_not_deleted(project: OfflineProject) -> None:
    with pytest.raises(Killed):
        dispose(project, die_at=("mark", "done"))
    other_job_stands_on_it(project)

    with pytest.raises(Rejected, match="is needed by now"):
        succeeded(dispose(project))

    assert left(project) == [1, 2, 3]
