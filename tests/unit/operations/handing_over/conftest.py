"""Two versions of a job side by side, on two fake JobManagers."""

from collections.abc import Iterator

import pytest
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject
from harness.two_jobs import TwoJobs


@pytest.fixture
def jobs(project: OfflineProject) -> Iterator[TwoJobs]:
    second = FakeFlink(lambda: project.time.at)
    yield TwoJobs(project, second)
    second.close()
