"""The shared stack, for every system test that asks for it."""

from collections.abc import Iterator

import pytest
from harness.stack import NAME, RunningStack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """A running stack with Airflow; `local` of headgate.toml means it while tests run."""
    with running_stack() as running, pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADGATE_STACK", NAME)
        patched.setenv("HEADGATE_PROJECT", str(running.project))
        yield running
