"""Which upgrade a rollback takes back, and when there is none."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.records import Json, OperationState
from headgate.operations.rollback import Rollback

JOB = JobName("beats-per-second")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[OfflineProject]:
    time = SetClock()
    flink = FakeFlink(lambda: time.at)
    made = OfflineProject(tmp_path, flink, time)
    made.job(JOB)
    yield made
    flink.close()


def operation(
    project: OfflineProject,
    name: str,
    kind: str,
    state: OperationState | None = "succeeded",
    **steps: Any,
) -> None:
    project.time.clock.sleep(timedelta(seconds=1))
    ledger = project.services.ledger
    lease = ledger.open_operation(OperationId(name), kind, JOB, {}, surface="t", holder="t")
    for position, (step, found) in enumerate(steps.items()):
        ledger.intend_step(lease, step, position, {})
        ledger.finish_step(lease, step, found)
    if state is not None:
        ledger.end_operation(lease, state)


def upgrade(project: OfflineProject, name: str, generation: int, **more: Any) -> None:
    plan = {"generation": generation, "from_line": "2.2"}
    steps = {"plan": plan, "cut_over.submit": {}}
    operation(project, name, "upgrade", **more, **steps)


def asked(project: OfflineProject) -> Json:
    return Rollback().request(project.services, JOB, {})


def test_last_upgrade_that_brought_what_runs(project: OfflineProject) -> None:
    upgrade(project, "older", 0)
    upgrade(project, "newer", 1)
    operation(project, "dry", "upgrade", plan={"generation": 2})

    assert asked(project) == {"upgrade": "newer"}


@pytest.mark.parametrize(("kind", "state"), [("rollback", "succeeded"), ("upgrade", "rolled_back")])
def test_what_has_gone_back_is_not_taken_back_again(
    project: OfflineProject, kind: str, state: OperationState
) -> None:
    upgrade(project, "one", 1)
    operation(project, "back", kind, state)

    with pytest.raises(Rejected, match="has been rolled back"):
        asked(project)


def test_never_upgraded(project: OfflineProject) -> None:
    with pytest.raises(Rejected, match="was never upgraded"):
        asked(project)


def test_what_was_deployed_since_is_not_what_the_upgrade_has_brought(
    project: OfflineProject,
) -> None:
    upgrade(project, "one", 0)

    with pytest.raises(Rejected, match="was deployed anew since its last upgrade"):
        asked(project)


def test_stopped_job_is_started_first(project: OfflineProject) -> None:
    upgrade(project, "one", 1)
    lease = project.lease(JOB, "stop")
    job_id = project.services.ledger.deployments(JOB)[0].flink_job_id
    project.services.ledger.update_deployment(lease, job_id, "stopped")
    project.release(lease)

    with pytest.raises(Rejected, match="was stopped on purpose"):
        asked(project)


def test_rollback_under_way_is_asked_for_again(project: OfflineProject) -> None:
    """By then its own deployment may be the latest, so that nothing else tells what it is for."""
    upgrade(project, "one", 0)
    operation(project, "back", "rollback", None)

    assert asked(project) == {}
