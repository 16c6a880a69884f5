"""The runtime is on the path of Flink's drivers, not on headgate's."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FLINK_JOBS = Path(__file__).parents[3] / "flink_jobs"
if str(FLINK_JOBS) not in sys.path:
    sys.path.append(str(FLINK_JOBS))


@pytest.fixture(scope="session")
def stuck_sensors() -> ModuleType:
    file = FLINK_JOBS / "stuck-sensors" / "job.py"
    spec = importlib.util.spec_from_file_location("stuck_sensors_job", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stuck_sensors_job"] = module
    spec.loader.exec_module(module)
    return module
