"""A deployment that nobody saw pass the health gate has worked all the same, if it has."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import FakeJob
from harness.offline_project import OfflineProject
from headgate.ids import Digest, FlinkJobId, JobName
from headgate.ledger.records import DeploymentRecord, DeploymentState
from headgate.operations.deployment.facts import submissions_of
from headgate.operations.deployment.kept_submission import kept_submissions
from headgate.operations.engine.running import operation_of, run_operation
from headgate.operations.health_check import check_health
from headgate.operations.restoring.chosen_snapshot import restore_facts
from headgate.operations.restoring.known_snapshots import checkpoint_folder, known_snapshots
from headgate.plan.what_ran import what_ran

JOB = JobName("beats-per-second")
WHOLE = b"\x49\x60\x67\x2d\0\0\0\5" + b"\0" * 8
SECOND = FlinkJobId("2" * 32)


@pytest.fixture
def project(project: OfflineProject) -> OfflineProject:
    project.job(JOB)
    return project


def second_generation(
    project: OfflineProject, state: DeploymentState = "intended"
) -> DeploymentRecord:
    """Generation 2, submitted by a process that died before the health gate."""
    (first,) = project.services.ledger.deployments(JOB)
    second = replace(
        first, generation=2, flink_job_id=SECOND, state=state, spec_digest=Digest("s2")
    )
    lease = project.lease(JOB, "second")
    project.services.ledger.add_deployment(lease, second)
    project.release(lease)
    return second


def leaves_checkpoint(project: OfflineProject, content: bytes = WHOLE) -> None:
    folder = Path(checkpoint_folder(project.services, JOB)) / SECOND / "chk-4"
    folder.mkdir(parents=True)
    (folder / "_metadata").write_bytes(content)


def brought_back(project: OfflineProject) -> FlinkJobId:
    services = project.services
    snapshots = known_snapshots(services, JOB)
    return what_ran(submissions_of(services.ledger.deployments(JOB), snapshots)).of.flink_job_id


def test_generation_with_a_checkpoint_of_its_own_is_brought_back(project: OfflineProject) -> None:
    first = project.services.ledger.deployments(JOB)[0]
    second_generation(project)
    assert brought_back(project) == first.flink_job_id

    leaves_checkpoint(project)

    assert brought_back(project) == SECOND
    assert restore_facts(project.services, JOB).lineage == [SECOND]


@pytest.mark.parametrize(
    ("state", "content"), [("astray", WHOLE), ("intended", b"cut off")], ids=["astray", "broken"]
)
def test_generation_without_a_whole_checkpoint_that_counts_is_not(
    project: OfflineProject, state: DeploymentState, content: bytes
) -> None:
    first = project.services.ledger.deployments(JOB)[0]
    second_generation(project, state)
    leaves_checkpoint(project, content)
    assert brought_back(project) == first.flink_job_id


def test_health_check_that_sees_it_healthy_remembers_that(project: OfflineProject) -> None:
    second_generation(project)
    project.flink.jobs.clear()
    job = project.flink.jobs[SECOND] = FakeJob(SECOND, JOB, completed=0)
    services = project.services
    check_health(services)
    assert services.ledger.deployment(JOB, SECOND).state == "intended"

    job.completed = 3
    project.time.at += timedelta(seconds=1)
    check_health(services)

    assert services.ledger.deployment(JOB, SECOND).state == "healthy"
    assert brought_back(project) == SECOND


def test_health_check_leaves_what_an_operation_works_on(project: OfflineProject) -> None:
    second_generation(project)
    project.flink.jobs = {SECOND: FakeJob(SECOND, JOB)}
    project.lease(JOB, "another", kind="deploy")
    check_health(project.services)
    assert project.services.ledger.deployment(JOB, SECOND).state == "intended"


@pytest.mark.parametrize("state", ["astray", "stopped", "cancelled"])
def test_only_an_intended_deployment_is_promoted(
    project: OfflineProject, state: DeploymentState
) -> None:
    second_generation(project, state)
    project.services.ledger.seen_healthy(SECOND)
    assert project.services.ledger.deployment(JOB, SECOND).state == state


def test_recovery_that_finds_it_alive_remembers_that(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_generation(project)
    project.flink.jobs = {SECOND: FakeJob(SECOND, JOB)}
    monkeypatch.setattr(
        "headgate.operations.restoring.plan_restart.refuse_older_ledger", lambda *_: None
    )
    services = project.services
    request = operation_of("recover").request(services, JOB, {})

    run_operation(services, "recover", JOB, request, surface="a test")

    assert services.ledger.deployment(JOB, SECOND).state == "healthy"
    assert [kept.state for kept in kept_submissions(services, JOB)] == ["healthy"]
