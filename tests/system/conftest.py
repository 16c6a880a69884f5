"""The shared stack, for every system test that asks for it."""

from collections.abc import Iterator

import pytest
from harness.stack import NAME, RunningStack, running_stack

IN_THE_LONG_RUN = {
    "test_faults_answers",
    "test_faults_operation_killed",
    "test_faults_servers_killed",
    "test_faults_two_at_once",
    "test_health",
    "test_ledger_loss",
    "test_open_operations",
    "test_recovery",
    "test_s3_storage",
    "test_savepoint_dags",
    "test_savepoints",
    "test_state_manifest",
}
"""Modules that `make test-slow` runs, so that `make test` stays below half an hour."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the modules of the long run."""
    for item in items:
        if item.path.stem in IN_THE_LONG_RUN:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """A running stack with Airflow; `local` of headgate.toml means it while tests run."""
    with running_stack() as running, pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADGATE_STACK", NAME)
        patched.setenv("HEADGATE_PROJECT", str(running.project))
        yield running
