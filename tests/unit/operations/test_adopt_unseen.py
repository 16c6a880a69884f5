"""A ledger is not rebuilt while the cluster of the latest submission does not answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from headgate.errors import Unavailable
from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.operations.adopting.found_entries import find_entries
from headgate.operations.deployment.kept_submission import keep_submission
from headgate.spec.environment import FlinkCluster

JOB = JobName("beats-per-second")


def services_of(tmp_path: Path) -> tuple[OfflineProject, FakeFlink]:
    time = SetClock()
    flink = FakeFlink(lambda: time.at)
    project = OfflineProject(tmp_path, flink, time)
    project.job(JOB)
    unheard = FlinkCluster.model_validate(
        {"rest": "http://127.0.0.1:1", "python": tmp_path / "python", "connectors": tmp_path}
    )
    project.environment.flink["2.2"] = unheard
    return project, flink


def test_job_that_may_run_where_nobody_answers_is_not_written_down_as_ended(
    tmp_path: Path,
) -> None:
    project, flink = services_of(tmp_path)
    services = project.services
    (first,) = services.ledger.deployments(JOB)
    keep_submission(services, first)
    assert find_entries(services, JOB).is_empty, "another line may be silent"

    later = replace(first, attempt=2, flink_job_id=FlinkJobId("2" * 32), line=FlinkLineName("2.2"))
    keep_submission(services, later)

    with pytest.raises(Unavailable):
        find_entries(services, JOB)
    flink.close()
