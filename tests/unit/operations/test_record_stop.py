"""The savepoint that a deployment has stopped the job with is the way back: it is pinned."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from harness.offline_project import OfflineProject
from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations import deploy, stop
from headgate.operations.engine.step import Intention, Run, Step
from headgate.operations.stopping.record_stop import RecordStop

JOB = JobName("beats-per-second")
LOCATION = "file:/state/savepoints/beats-per-second/g1/stop/savepoint-1"


@pytest.fixture
def project(project: OfflineProject) -> OfflineProject:
    project.job(JOB)
    return project


def recorded_by(project: OfflineProject, steps: Sequence[Step], evidence: Json) -> bool:
    """Whether the step that records the stop pins its savepoint."""
    (step,) = [one for one in steps if isinstance(one, RecordStop)]
    lease = project.lease(JOB, "stop")
    operation = project.services.ledger.operation(lease.operation_id)
    assert operation is not None
    at = datetime(2026, 3, 1, tzinfo=UTC).isoformat()
    stopped = {"location": LOCATION, "metadata_bytes": 9, "size_bytes": 9, "taken_at": at}
    run = Run(operation, lease, project.services, {**evidence, "stop": stopped})
    step.act(run, Intention(step.intend(run), {}, project.time.slept))
    (record,) = project.services.ledger.snapshots(JOB)
    assert record.location == LOCATION
    return record.pinned


@pytest.mark.parametrize("start_empty", [True, False])
def test_replaced_job_leaves_a_pinned_savepoint(project: OfflineProject, start_empty: bool) -> None:
    job_id = project.services.ledger.deployments(JOB)[0].flink_job_id
    plan = {"action": "replace", "kind": "sql", "stop": job_id, "start_empty": start_empty}
    evidence = {"plan": plan}

    assert recorded_by(project, deploy.OPERATION.steps(evidence), evidence)


def test_stopped_job_leaves_one_that_the_policy_counts(project: OfflineProject) -> None:
    job_id = project.services.ledger.deployments(JOB)[0].flink_job_id
    evidence = {"find": {"flink_job_id": job_id}}

    assert not recorded_by(project, stop.OPERATION.steps(evidence), evidence)
