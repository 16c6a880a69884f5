"""The demo in small: the five shipped jobs by their DAGs, every window against the oracle."""

from collections.abc import Iterator

import pytest
from harness.stack import NAME, RunningStack
from headgate.demo.run import FLEET, Demo, Fleet, Show
from headgate.ids import FlinkLineName
from headgate.local.programs import stop_program
from headgate.operations.services import Services
from headgate.spec.load import load_declared


@pytest.fixture
def services(stack: RunningStack) -> Iterator[Services]:
    services = Services(stack.project, stack)
    yield services
    stop_program(stack.project, NAME, FLEET)
    for job, deployments in (
        (job, services.ledger.deployments(job)) for job in load_declared(stack.project).jobs
    ):
        if deployments:
            client = services.flink(FlinkLineName(deployments[0].line))
            for running in client.live_jobs_named(job):
                client.cancel(running)


def test_demo_publishes_every_window_exactly_once(services: Services) -> None:
    show = Show(stage=lambda _: None, line=lambda _: None, services=lambda _: None)
    fleet = Fleet(devices=300, rate=800, seed=11)

    result = Demo(services.project, NAME, 50_000, fleet, show).run()

    assert {row.job for row in result.jobs} == set(load_declared(services.project).jobs)
    for row in result.jobs:
        assert row.verdict.windows_due > 0, row
        assert (row.verdict.lost, row.verdict.repeated, row.verdict.wrong) == (0, 0, 0), row
    assert result.good
