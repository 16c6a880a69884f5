"""A savepoint in quarantine: restored only if a person says so, released by a proof."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness.offline_project import OfflineProject
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId, JobName
from headgate.ledger.records import DeploymentState, SnapshotRecord
from headgate.operations.engine.running import operation_of
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.proving.record_proof import RecordProof
from headgate.operations.restoring.chosen_snapshot import choose_snapshot
from headgate.operations.restoring.restart_request import restart_request

JOB = JobName("beats-per-second")


@pytest.fixture
def project(project: OfflineProject) -> OfflineProject:
    project.job(JOB)
    return project


@pytest.fixture
def quarantined(project: OfflineProject) -> SnapshotRecord:
    return project.savepoint(JOB, project.time.at, state="quarantined")


def recorded(project: OfflineProject, location: str) -> SnapshotRecord:
    snapshots = project.services.ledger.snapshots(JOB)
    return next(one for one in snapshots if one.location == location)


def chosen(project: OfflineProject, named: str | None) -> str:
    job_id = project.services.ledger.deployments(JOB)[0].flink_job_id
    return choose_snapshot(
        project.services, JOB, job_id, named=named, accept_age=False, command="start"
    ).snapshot.location


def test_savepoint_in_quarantine_is_not_restored_by_itself(
    project: OfflineProject, quarantined: SnapshotRecord
) -> None:
    with pytest.raises(NeedsOperator, match="found corrupt before"):
        chosen(project, None)


def test_savepoint_in_quarantine_is_restored_if_a_person_agrees(
    project: OfflineProject, quarantined: SnapshotRecord
) -> None:
    named = {"from": quarantined.location}
    with pytest.raises(Rejected, match="is in quarantine") as caught:
        restart_request(project.services, "start", JOB, named)
    assert f"headgate prove {JOB} --from {quarantined.location}" in caught.value.what
    assert f"--from {quarantined.location} --yes" in caught.value.next_step

    restart_request(project.services, "start", JOB, {**named, "confirmed": True})
    assert chosen(project, quarantined.location) == quarantined.location


def test_agreement_does_not_make_a_broken_file_whole(
    project: OfflineProject, quarantined: SnapshotRecord
) -> None:
    (Path(quarantined.location.removeprefix("file:")) / "_metadata").write_bytes(b"")
    with pytest.raises(Rejected, match="cannot be restored"):
        chosen(project, quarantined.location)


def test_savepoint_that_is_being_disposed_of_is_refused_also_to_a_person(
    project: OfflineProject,
) -> None:
    disposing = project.savepoint(JOB, project.time.at, state="disposing")
    with pytest.raises(Rejected, match="being disposed of"):
        chosen(project, disposing.location)


def test_foreign_location_without_a_snapshot_is_refused_before_anything_is_cancelled(
    project: OfflineProject,
) -> None:
    """A form may have confirmed what it says; a typo in it must not cost a job that limps."""
    with pytest.raises(Rejected, match="_metadata is missing"):
        chosen(project, f"file:{project.root}/savepoint-with-a-typo")


def proof(project: OfflineProject, options: dict[str, Any]) -> Run:
    request = operation_of("prove").request(project.services, JOB, options)
    lease = project.lease(JOB, "prove", kind="prove")
    operation = project.services.ledger.operation(lease.operation_id)
    assert operation is not None
    return Run(replace(operation, request=request), lease, project.services, {})


def choose(run: Run) -> Look:
    step = ChooseSavepoint()
    intention = Intention(step.intend(run), {}, run.services.clock.now() - run.operation.started_at)
    return step.look(run, intention)


def test_proof_of_a_named_savepoint_looks_at_that_one(
    project: OfflineProject, quarantined: SnapshotRecord
) -> None:
    project.savepoint(JOB, project.time.at.replace(hour=1))
    (Path(quarantined.location.removeprefix("file:")) / "_metadata").write_bytes(b"")
    run = proof(project, {"from": quarantined.location})

    looked = choose(run)

    assert isinstance(looked, Done)
    assert looked.evidence["location"] == quarantined.location


@pytest.mark.parametrize("state", ["disposing", None])
def test_proof_of_a_savepoint_that_is_not_there_is_refused(
    project: OfflineProject, state: str | None
) -> None:
    location = "file:/state/none"
    if state:
        location = project.savepoint(JOB, project.time.at, state=state).location
    run = proof(project, {"from": location})
    with pytest.raises(Rejected, match=f"no recorded savepoint {location}"):
        choose(run)


def test_proof_that_succeeds_lifts_the_quarantine(
    project: OfflineProject, quarantined: SnapshotRecord
) -> None:
    watched = {"verdict": "proven", "reason": "restored"}
    evidence: dict[str, Any] = {
        "choose": {"location": quarantined.location, "problem": None},
        "watch": watched,
    }
    run = replace(proof(project, {"from": quarantined.location}), evidence=evidence)
    step = RecordProof()
    intention = Intention(step.intend(run), {}, project.time.slept)
    assert isinstance(step.look(run, intention), Absent)

    step.act(run, intention)

    assert isinstance(step.look(run, intention), Done)
    record = recorded(project, quarantined.location)
    assert (record.state, record.proven_at) == ("whole", project.time.at)
    assert chosen(project, None) == quarantined.location


@pytest.mark.parametrize("options", [{"form": "x"}, {"from": 7}, {"from": "a\nb"}])
def test_proof_takes_no_other_options(project: OfflineProject, options: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        operation_of("prove").request(project.services, JOB, options)


@pytest.mark.parametrize(("command", "state"), [("start", "stopped"), ("recover", "healthy")])
def test_snapshot_that_is_too_old_is_told_with_the_command_that_was_called(
    project: OfflineProject, command: Any, state: DeploymentState
) -> None:
    taken_at = project.time.at.replace(year=2025)
    record = project.savepoint(JOB, taken_at, origin="scheduled")
    job_id = FlinkJobId(project.services.ledger.deployments(JOB)[0].flink_job_id)
    lease = project.lease(JOB, "state")
    project.services.ledger.update_deployment(lease, job_id, state)
    choose_it: dict[str, Any] = {"named": None, "command": command}

    with pytest.raises(NeedsOperator) as caught:
        choose_snapshot(project.services, JOB, job_id, accept_age=False, **choose_it)

    assert caught.value.next_step == f"headgate {command} {JOB} --accept-age"
    agreed = choose_snapshot(project.services, JOB, job_id, accept_age=True, **choose_it)
    assert agreed.snapshot.location == record.location


def test_savepoint_whose_metadata_is_cut_off_is_seen_to_be_broken_without_a_job(
    project: OfflineProject,
) -> None:
    record = project.savepoint(JOB, project.time.at)
    cut_off = b"\x49\x60\x67\x2d\0\0\0\6" + b"\0" * 42
    (Path(record.location.removeprefix("file:")) / "_metadata").write_bytes(cut_off)

    looked = choose(proof(project, {}))

    assert isinstance(looked, Done)
    assert looked.evidence["problem"] == "its _metadata is cut off"
