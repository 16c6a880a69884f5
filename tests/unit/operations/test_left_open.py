"""Operations that nobody works on any more: recognised, and brought to their end by the next."""

from datetime import timedelta

import pytest
from harness.offline_project import OfflineProject
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.errors import Busy
from headgate.ledger.records import LeaseRecord, OperationRecord
from headgate.operations.engine import left_open
from headgate.operations.engine.left_open import held_by
from headgate.operations.engine.running import open_engine, operation_of, run_operation, succeeded
from headgate.plan.left_open import SIGN_OF_LIFE

JOB = JobName("beats-per-second")
LONG = timedelta(minutes=11)
"""Longer than the savepoint step is patient and nothing may be heard of its operation."""


def begun(project: OfflineProject, kind: str) -> LeaseRecord:
    """An operation of which nobody but its holder knows more."""
    request = operation_of(kind).request(project.services, JOB, {})
    return project.services.ledger.open_operation(
        OperationId(f"left {kind}"), kind, JOB, request, surface="t", holder="another-host:1"
    )


def run(project: OfflineProject, kind: str, **options: object) -> OperationRecord:
    request = operation_of(kind).request(project.services, JOB, options)
    return succeeded(run_operation(project.services, kind, JOB, request, surface="t"))


def is_left(project: OfflineProject) -> bool:
    held = held_by(project.services, JOB)
    assert held is not None
    return held.is_left


def test_free_job_is_held_by_nothing(project: OfflineProject) -> None:
    project.job(JOB)
    assert held_by(project.services, JOB) is None


def test_operation_whose_process_lives_is_not_left(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.job(JOB)
    begun(project, "savepoint")
    project.time.at += timedelta(days=1)
    assert is_left(project)

    monkeypatch.setattr(left_open, "whereabouts", lambda _lease: "alive")
    assert not is_left(project)


def test_patience_of_the_step_counts_from_the_last_sign_of_life(project: OfflineProject) -> None:
    project.job(JOB)
    lease, ledger = begun(project, "savepoint"), project.services.ledger
    project.time.at += timedelta(minutes=8)
    assert not is_left(project)
    project.time.at += timedelta(minutes=3)
    assert is_left(project)

    ledger.intend_step(lease, "turn", 0, {})
    assert not is_left(project)
    project.time.at += LONG
    assert is_left(project)

    ledger.renew_lease(lease)
    assert not is_left(project)


def test_step_with_a_deadline_of_its_own_is_awaited_so_long(project: OfflineProject) -> None:
    project.job(JOB)
    lease, ledger = begun(project, "start"), project.services.ledger
    for position, name in enumerate(("turn", "plan", "restore", "stage", "submit", "restored")):
        ledger.intend_step(lease, name, position, {})
        ledger.finish_step(lease, name, {"action": "restart", "cancel": None})
    ledger.intend_step(lease, "healthy", 6, {"deadline_seconds": 3600.0})

    project.time.at += timedelta(minutes=60)
    assert not is_left(project)
    project.time.at += timedelta(minutes=10)
    assert is_left(project)


def test_whoever_waits_long_shows_that_somebody_works_on_it(project: OfflineProject) -> None:
    job = project.job(JOB)
    job.looks_until_written = 10_000
    request = operation_of("savepoint").request(project.services, JOB, {})
    engine = open_engine(
        project.services, "savepoint", JOB, request, operation_id=OperationId("o"), surface="t"
    )
    for _ in range(12):
        engine.advance()
        lease = project.services.ledger.lease(JOB)
        assert lease is not None
        assert project.time.at - lease.taken_at < SIGN_OF_LIFE
        project.time.at += timedelta(minutes=1)


def test_savepoint_left_open_is_brought_to_its_end_before_another_operation(
    project: OfflineProject,
) -> None:
    project.job(JOB)
    begun(project, "savepoint")
    with pytest.raises(Busy, match="savepoint is under way"):
        run(project, "dispose_savepoints")
    project.time.at += LONG

    run(project, "dispose_savepoints")

    left = project.services.ledger.operation(OperationId("left savepoint"))
    assert left is not None
    assert left.state == "succeeded"
    assert len(project.services.ledger.snapshots(JOB)) == 1


def test_savepoint_left_open_of_a_lost_job_is_in_the_way_of_nothing(
    project: OfflineProject,
) -> None:
    """Step: the JobManager dies during a savepoint. Expected: the next operation is not Busy."""
    project.job(JOB)
    begun(project, "savepoint")
    project.flink.jobs.clear()
    project.time.at += LONG

    with pytest.raises(Rejected) as told:
        run(project, "stop")

    assert not isinstance(told.value, Busy)
    left = project.services.ledger.operation(OperationId("left savepoint"))
    assert left is not None
    assert left.state == "failed"


def test_stop_left_open_is_a_persons_to_go_on_with(project: OfflineProject) -> None:
    project.job(JOB)
    begun(project, "stop")
    project.time.at += timedelta(days=1)

    with pytest.raises(Busy, match="stop is under way"):
        run(project, "savepoint")
