"""Disposal: marked, deleted, verified, and only then forgotten; resumed wherever it was cut off."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import MAGIC
from harness.offline_project import START, OfflineProject
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, JobName, OperationId
from headgate.ledger.records import OperationRecord
from headgate.operations.disposing.in_use import locations_in_use
from headgate.operations.disposing.overdue import jobs_to_dispose_for
from headgate.operations.engine.engine import Event
from headgate.operations.engine.running import operation_of, run_operation, succeeded
from headgate.operations.restoring.known_snapshots import checkpoint_folder

JOB = JobName("beats-per-second")


class Killed(BaseException):
    """Stands for the death of the process: nothing may catch it."""


@pytest.fixture
def project(project: OfflineProject) -> OfflineProject:
    project.job(JOB, keep=2)
    return project


def five(project: OfflineProject) -> list[str]:
    """Five savepoints, newest first."""
    taken = [project.savepoint(JOB, START + timedelta(hours=hour)) for hour in range(5)]
    project.time.at = START + timedelta(hours=5)
    return [record.location for record in reversed(taken)]


def dispose(project: OfflineProject, die_at: tuple[str, str] | None = None) -> OperationRecord:
    def listen(event: Event) -> None:
        if (event.step, event.phase) == die_at:
            raise Killed

    services = project.services
    kind = "dispose_savepoints"
    request = operation_of(kind).request(services, JOB, {})
    return run_operation(services, kind, JOB, request, surface="t", listener=listen)


def recorded(project: OfflineProject) -> list[str]:
    return [record.location for record in project.services.ledger.snapshots(JOB)]


def there(location: str) -> bool:
    return Path(location.removeprefix("file:")).exists()


def test_jobmanager_disposes_and_the_records_go(project: OfflineProject) -> None:
    locations = five(project)

    succeeded(dispose(project))

    assert recorded(project) == locations[:2]
    assert [there(location) for location in locations] == [True, True, False, False, False]
    assert sorted(project.flink.disposals) == sorted(locations[2:])


def test_storage_deletes_what_no_jobmanager_disposes_of(project: OfflineProject) -> None:
    locations = five(project)
    project.flink.disposes = False

    succeeded(dispose(project))

    assert recorded(project) == locations[:2]
    assert not any(there(location) for location in locations[2:])


def test_storage_deletes_while_no_jobmanager_answers(project: OfflineProject) -> None:
    locations = five(project)
    project.flink.close()

    succeeded(dispose(project))

    assert recorded(project) == locations[:2]
    assert not any(there(location) for location in locations[2:])


def test_folder_elsewhere_is_never_deleted_by_us(project: OfflineProject, tmp_path: Path) -> None:
    """One that was adopted from a place of somebody else's goes only by a JobManager."""
    elsewhere = tmp_path / "elsewhere" / "savepoint-1"
    elsewhere.mkdir(parents=True)
    (elsewhere / "_metadata").write_bytes(b"x")
    five(project)
    project.savepoint(JOB, START - timedelta(days=1), location=f"file:{elsewhere}")
    project.flink.disposes = False
    project.time.clock.sleep(timedelta(0))

    with pytest.raises(Exception, match="its folder is not deleted either"):
        dispose(project)

    assert (elsewhere / "_metadata").exists()
    states = {one.location: one.state for one in project.services.ledger.snapshots(JOB)}
    assert states[f"file:{elsewhere}"] == "disposing", "nothing is restored from it any more"


MOMENTS = [
    *((step, phase) for step in ("mark", "delete", "forget") for phase in ("intended", "acting")),
    *((step, phase) for step in ("mark", "delete", "forget") for phase in ("acted", "done")),
    ("choose", "intended"),
    ("choose", "done"),
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_dispose__killed_at_a_step_boundary(
    project: OfflineProject, moment: tuple[str, str]
) -> None:
    """Step: the process dies. Expected: no savepoint without a record; run again, it is finished,
    though the policy keeps more by now.
    """
    locations = five(project)
    with pytest.raises(Killed):
        dispose(project, die_at=moment)
    whole = {r.location for r in project.services.ledger.snapshots(JOB) if r.state == "whole"}
    assert all(there(location) for location in whole)
    assert {location for location in locations if there(location)} <= set(recorded(project))
    if moment != ("choose", "intended"):
        project.declare(JOB, keep=9)

    succeeded(dispose(project))

    assert recorded(project) == locations[:2]
    assert [there(location) for location in locations] == [True, True, False, False, False]


def test_source_of_a_deployment_without_checkpoint_stays(project: OfflineProject) -> None:
    locations = five(project)
    ledger = project.services.ledger
    deployment = ledger.deployments(JOB)[0]
    lease = project.lease(JOB, "deploy-2")
    second = replace(deployment, generation=2, state="intended", restored_from=locations[4])
    ledger.add_deployment(lease, replace(second, flink_job_id="f" * 32))  # type: ignore[arg-type]
    project.release(lease)

    succeeded(dispose(project))

    assert recorded(project) == [*locations[:2], locations[4]]


def test_savepoint_named_by_an_operation_that_waits_for_a_person_stays(
    project: OfflineProject,
) -> None:
    locations = five(project)
    ledger = project.services.ledger
    lease = project.lease(JOB, "upgrade")
    ledger.intend_step(lease, "restore", 0, {"restore_from": locations[3]})
    ledger.end_operation(lease, "needs_operator")

    assert locations[3] in locations_in_use(project.services, JOB)
    succeeded(dispose(project))

    assert recorded(project) == [*locations[:2], locations[3]]


def test_what_a_person_has_decided_by_now_keeps_nothing(project: OfflineProject) -> None:
    locations = five(project)
    ledger = project.services.ledger
    lease = project.lease(JOB, "left", kind="recover")
    ledger.intend_step(lease, "restore", 0, {"location": locations[3]})
    ledger.end_operation(lease, "needs_operator")
    project.time.at += timedelta(minutes=1)
    project.release(project.lease(JOB, "pinned", kind="pin_savepoint"))
    assert locations[3] in locations_in_use(project.services, JOB)
    project.time.at += timedelta(minutes=1)
    project.release(project.lease(JOB, "decided", kind="start"))

    succeeded(dispose(project))

    assert recorded(project) == locations[:2]


def test_what_another_job_was_restored_from_stays_until_it_has_a_checkpoint(
    project: OfflineProject,
) -> None:
    locations = five(project)
    other = project.job("other-job")
    ledger = project.services.ledger
    lease = project.lease("other-job", "start-from-it")
    first = ledger.deployments(JobName("other-job"))[0]
    second = FlinkJobId("e" * 32)
    from_it = replace(first, attempt=2, flink_job_id=second, restored_from=locations[4])
    ledger.add_deployment(lease, replace(from_it, state="intended"))
    project.release(lease)
    succeeded(dispose(project))
    assert recorded(project) == [*locations[:2], locations[4]]
    assert other.completed, "a savepoint of its own is nothing that it falls back to"

    checkpoint = Path(checkpoint_folder(project.services, JobName("other-job"))) / second / "chk-1"
    checkpoint.mkdir(parents=True)
    (checkpoint / "_metadata").write_bytes(MAGIC + b"rest")
    succeeded(dispose(project))

    assert recorded(project) == locations[:2]


def test_what_an_open_operation_of_another_job_names_stays(project: OfflineProject) -> None:
    locations = five(project)
    project.job("other-job")
    lease = project.lease("other-job", "start")
    project.services.ledger.intend_step(lease, "plan", 0, {"from": locations[3]})

    succeeded(dispose(project))

    assert recorded(project) == [*locations[:2], locations[3]]


def test_what_is_named_after_it_was_chosen_is_not_deleted(project: OfflineProject) -> None:
    locations = five(project)
    project.job("other-job")
    with pytest.raises(Killed):
        dispose(project, die_at=("mark", "done"))
    lease = project.lease("other-job", "start")
    project.services.ledger.intend_step(lease, "plan", 0, {"from": locations[3]})

    with pytest.raises(Rejected, match="is used by another operation"):
        succeeded(dispose(project))
    assert [there(location) for location in locations] == [True, True, False, True, False]

    project.release(lease)
    succeeded(dispose(project))
    assert recorded(project) == locations[:2]


def test_newest_one_that_is_whole_stays_beside_broken_and_drained_ones(
    project: OfflineProject,
) -> None:
    project.declare(JOB, keep=1)
    locations = five(project)
    (Path(locations[0].removeprefix("file:")) / "_metadata").write_bytes(b"")
    drained = project.savepoint(JOB, START + timedelta(hours=6), origin="drain").location

    succeeded(dispose(project))

    assert recorded(project) == [drained, locations[1]]


def test_nothing_goes_while_the_storage_shows_no_savepoint(project: OfflineProject) -> None:
    """As when it is not mounted: the files are there again afterwards."""
    locations = five(project)
    folder = project.root / "state" / "savepoints"
    folder.rename(folder.with_name("away"))

    succeeded(dispose(project))

    assert recorded(project) == locations


def test_pinned_ones_stay_until_they_are_unpinned(project: OfflineProject) -> None:
    locations = five(project)
    pin(project, locations[4], pinned=True)
    succeeded(dispose(project))
    assert recorded(project) == [*locations[:2], locations[4]]

    pin(project, locations[4], pinned=False)
    succeeded(dispose(project))

    assert recorded(project) == locations[:2]


def test_savepoint_that_is_being_disposed_of_cannot_be_pinned(project: OfflineProject) -> None:
    locations = five(project)
    with pytest.raises(Killed):
        dispose(project, die_at=("mark", "done"))

    with pytest.raises(Rejected):
        pin(project, locations[4], pinned=True)


def pin(project: OfflineProject, location: str, *, pinned: bool) -> None:
    services, options = project.services, {"location": location, "pinned": pinned}
    request = operation_of("pin_savepoint").request(services, JOB, options)
    succeeded(run_operation(services, "pin_savepoint", JOB, request, surface="t"))


def test_only_jobs_with_something_to_dispose_of_are_listed(project: OfflineProject) -> None:
    project.job("quiet-job", keep=2)
    project.savepoint("quiet-job", START)
    assert list(jobs_to_dispose_for(project.services)) == []

    five(project)

    assert list(jobs_to_dispose_for(project.services)) == [JOB]
    project.lease(JOB, "upgrade", kind="upgrade")
    assert list(jobs_to_dispose_for(project.services)) == []


def test_nothing_to_dispose_of_is_one_step(project: OfflineProject) -> None:
    project.savepoint(JOB, START)

    operation = succeeded(dispose(project))

    steps = project.services.ledger.steps(OperationId(operation.id))
    assert [step.name for step in steps] == ["choose"]
