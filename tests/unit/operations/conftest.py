"""A project with a fake JobManager, whose time the test sets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock


@pytest.fixture
def project(tmp_path: Path) -> Iterator[OfflineProject]:
    time = SetClock()
    flink = FakeFlink(lambda: time.at)
    yield OfflineProject(tmp_path, flink, time)
    flink.close()
