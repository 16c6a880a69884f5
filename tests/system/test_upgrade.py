"""Upgrades by stop and restore between two real Flink lines, and back, with records flowing.

What is published is compared with what plain Python expects of the same records.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from harness.faults.live_job import PATIENCE, LiveJob, live_job
from harness.own_stack import own_stack
from headgate.clients.consumer_groups import ConsumerGroups
from headgate.clients.locations import plain_location
from headgate.clients.storage import is_there
from headgate.ids import EnvironmentName
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Event
from headgate.operations.known_job import declared_alone
from headgate.operations.status import status_of
from headgate.operations.upgrading.switch_times import switches_of
from headgate.plan.gap import gap_of
from headgate.plan.rehearsal_binding import rehearsal_group, rehearsal_name
from headgate.spec.declared import NamedEnvironment

pytestmark = pytest.mark.slow

OLD, NEW = "2.2", "2.3"
WAY = "stop and restore"
POLICY = {"soak": "5s", "approval": False}
HEALTH = {"checkpoints": 1, "deadline": "4m"}


@pytest.fixture(scope="module")
def environment() -> Iterator[NamedEnvironment]:
    with own_stack("upgrade", OLD, also=NEW) as stack:
        yield stack.environment


@pytest.fixture(scope="module")
def job(
    environment: NamedEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveJob]:
    with live_job(
        environment,
        OLD,
        tmp_path_factory.mktemp("upgrade"),
        lines=(OLD, NEW),
        upgrade=POLICY,
        health=HEALTH,
    ) as job:
        yield job


@pytest.fixture
def on_old(job: LiveJob) -> LiveJob:
    """The live job, running on the old line."""
    job.bring_back()
    if job.latest.line != OLD:
        job.run("upgrade", _nobody, way=WAY, to=OLD, again=True)
    assert job.assert_one_healthy().line == OLD
    job.await_results(1)
    return job


def evidence(job: LiveJob, operation: OperationRecord) -> dict[str, Json]:
    return {step.name: step.evidence for step in job.services.ledger.steps(operation.id)}


def gap(job: LiveJob, operation: OperationRecord) -> timedelta:
    """Of the last switch of the operation."""
    found = gap_of(switches_of(job.services.ledger.steps(operation.id))[-1].times)
    assert found is not None
    return found


def assert_nothing_left_of_the_shadow(job: LiveJob) -> None:
    settings = job.services.environment.settings
    for line in (OLD, NEW):
        assert job.project.live(rehearsal_name(job.name), line) == []
    group = rehearsal_group(EnvironmentName(job.project.name), job.name)
    assert not ConsumerGroups(settings.kafka).is_there(group)
    folder = f"{plain_location(settings.state)}/rehearsals/{job.name}"
    assert not any(is_there(f"{folder}/{one.id}") for one in job.services.ledger.operations())


def _nobody(_event: Event) -> None:
    """Listen to nothing."""


def test_upgrade_is_rehearsed_and_loses_and_repeats_nothing(
    on_old: LiveJob, record_property: Any
) -> None:
    job, before = on_old, on_old.latest

    operation = job.run("upgrade", _nobody, way=WAY, to=NEW)

    now, found = job.assert_one_healthy(), evidence(job, operation)
    assert operation.state == "succeeded"
    assert (now.line, now.generation) == (NEW, before.generation + 1)
    assert now.restored_from == found["cut_over.stop"]["location"]
    assert found["rehearse.watch"]["verdict"] == "proven"
    assert found["rehearsal"]["exact"] is True, found["rehearsal"]
    assert found["decide"]["class"] == "needs rehearsal"
    (pinned,) = [one for one in job.services.ledger.snapshots(job.name) if one.pinned]
    assert (pinned.location, pinned.origin) == (now.restored_from, "upgrade")
    assert_nothing_left_of_the_shadow(job)
    job.await_results(3)
    job.assert_exactly_once()
    record_property("gap", str(gap(job, operation)))


def test_rollback_by_a_person_is_exact(job: LiveJob, record_property: Any) -> None:
    if job.latest.line != NEW:
        job.run("upgrade", _nobody, way=WAY, to=NEW, again=True)
    before = job.latest
    job.await_checkpoints(2)

    operation = job.run("rollback")

    now, found = job.assert_one_healthy(), evidence(job, operation)
    assert (now.line, now.generation) == (OLD, before.generation + 1)
    assert found["outcome"]["exact"] is True, found["outcome"]
    job.await_results(3)
    job.assert_exactly_once()
    again = job.end_of("rollback", _nobody)
    assert (again.state, "has been rolled back" in again.reason) == ("failed", True), again
    record_property("gap", str(gap(job, operation)))


def test_declaration_and_line_agree_afterwards(on_old: LiveJob) -> None:
    """Until job.yaml names the new line, status says what to write; then deploy keeps what runs."""
    job = on_old
    job.run("upgrade", _nobody, way=WAY, to=NEW)

    status = status_of(job.services, job.name, declared_alone(job.services, job.name))
    assert (status.changed, status.declared_line) == (False, OLD)
    refused = job.end_of("deploy", _nobody)
    assert f'set `flink: "{NEW}"`' in refused.reason
    job.declare(flink=NEW)
    job.assert_deploy_plans_nothing()
    job.declare(flink=OLD)
    job.assert_exactly_once()


def test_dry_run_changes_nothing(on_old: LiveJob) -> None:
    job = on_old
    before, traces = job.latest, job.traces

    operation = job.run("upgrade", _nobody, way=WAY, to=NEW, dry_run=True)

    assert operation.state == "succeeded"
    assert "preflight" in evidence(job, operation)
    assert (job.latest, job.traces) == (before, traces)


def test_command_line_shows_the_plan_and_waits_for_who_may_approve(on_old: LiveJob) -> None:
    """Where nobody can answer, the upgrade waits; approved and resumed, it goes on to its end."""
    job = on_old
    job.declare(upgrade={**POLICY, "approval": True})
    before = job.latest

    asked = job.project.run("upgrade", job.name, "--to", NEW, "--way", WAY, timeout=PATIENCE)

    assert asked.code == 1
    assert "**Exact way back:** open" in asked.out
    assert "headgate approve" in asked.err
    assert job.latest == before
    assert job.is_running
    operation = job.services.ledger.running_operation(job.name)
    assert operation is not None
    assert job.project.run("approve", operation.id, "--reason", "a test").code == 0
    resumed = job.project.run("resume", operation.id, timeout=PATIENCE)
    assert resumed.code == 0, resumed.out + resumed.err
    assert job.assert_one_healthy().line == NEW
    shown = job.project.run("operations", operation.id).out
    assert "between two results" in shown
    back = job.project.run("rollback", job.name, timeout=PATIENCE)
    assert back.code == 0, back.err
    assert "rolled back exactly" in back.err
    job.declare()
    job.await_results(2)
    job.assert_exactly_once()


def test_preflight_tells_everything_that_is_amiss_at_once(on_old: LiveJob) -> None:
    """The address of the new line is that of the old cluster."""
    job, project = on_old, on_old.project
    before, traces = job.latest, job.traces
    old = job.services.environment.settings.flink[OLD].rest
    job.declare(transaction_timeout="2m")
    project.use(flink=project.flink_at(NEW, old))
    try:
        refused = project.run("upgrade", job.name, "--to", NEW, "--dry-run", timeout=PATIENCE)
    finally:
        project.use()
        job.declare()

    assert refused.code == 1
    for words in (
        "the cluster of Flink 2.3 runs Flink 2.2.1",
        "has PyFlink 2.3.0, not 2.2.1",
        "shorter than the longest possible gap",
        "Nothing was stopped",
    ):
        assert words in refused.err, refused.err
    assert (job.assert_one_healthy(), job.traces) == (before, traces)


def test_ten_switches_up_and_down_lose_and_repeat_nothing(on_old: LiveJob) -> None:
    job = on_old
    for _ in range(5):
        job.run("upgrade", _nobody, way=WAY, to=NEW)
        assert job.assert_one_healthy().line == NEW
        back = job.run("rollback")
        assert evidence(job, back)["outcome"]["exact"] is True
        assert job.assert_one_healthy().line == OLD
        job.assert_exactly_once()
    assert job.assert_all_published() > 10


def test_change_of_configuration_goes_the_same_way_on_the_same_line(on_old: LiveJob) -> None:
    job, before = on_old, on_old.latest
    job.declare(checkpoint_interval="700ms")

    operation = job.run("upgrade", way=WAY)

    found, now = evidence(job, operation), job.assert_one_healthy()
    assert found["decide"]["class"] == "no state effect"
    assert [one["what"] for one in found["plan"]["changes"]] == ["execution.checkpointing.interval"]
    assert found["rehearse.watch"]["verdict"] == "proven"
    assert (now.line, now.generation) == (OLD, before.generation + 1)
    job.assert_deploy_plans_nothing()
    job.run("rollback")
    assert job.assert_one_healthy().artefact_digest == before.artefact_digest
    job.declare()
    job.await_results(2)
    job.assert_exactly_once()
