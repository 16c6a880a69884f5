"""Outages for which Kafka does not keep transactions open: on a stack of its own.

One job is at work all the time; what it publishes is what plain Python expects, each window once.
"""

from collections.abc import Iterator

import pytest
from harness.faults.live_job import PATIENCE, LiveJob, live_job
from harness.own_stack import own_stack
from harness.sample_project import Ran
from harness.transactional_ids import transaction_states
from harness.waiting import until
from headgate.clients.locations import plain_location

pytestmark = pytest.mark.slow

LINE = "2.3"
MAY_BE_LOST = "results may be lost: the snapshot is"


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with (
        own_stack("storage", LINE) as stack,
        live_job(stack.environment, LINE, tmp_path_factory.mktemp("transactions")) as job,
    ):
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    at_work.bring_back()
    at_work.ensure_running()
    return at_work


def outlast_transactions(job: LiveJob) -> None:
    """Until Kafka has ended all that the job has left open."""
    settings = job.services.environment.settings
    prefix = f"headgate.{job.project.name}.{job.name}.live."

    def states() -> set[str]:
        found = transaction_states(settings.kafka["bootstrap.servers"]).items()
        return {state for name, state in found if name.startswith(prefix)}

    assert states()
    until(
        lambda: states() <= {"CompleteCommit", "CompleteAbort", "Empty"},
        seconds=PATIENCE,
        what="Kafka has ended the job's transactions",
        every=2,
    )


def bring_back(job: LiveJob, kind: str) -> Ran:
    ran = job.project.run(kind, job.name, timeout=PATIENCE)
    assert ran.code == 0, ran.out + ran.err
    return ran


def outage_longer_than_transactions(job: LiveJob, kind: str) -> None:
    """End it right after it has committed, and bring it back when Kafka has ended the rest."""
    job.change(transaction_timeout="20s")
    job.run("deploy")
    job.await_results(1)
    job.cancel_in_flink()
    outlast_transactions(job)

    brought_back = bring_back(job, kind)

    assert MAY_BE_LOST in brought_back.err
    assert "after 20 s (transaction_timeout)" in brought_back.err
    assert "/chk-" in (job.assert_one_healthy().restored_from or "")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__outage_longer_than_the_transaction_timeout(job: LiveJob) -> None:
    """Step: the job is ended past headgate right after it has committed, for longer than Kafka
    keeps its transactions open; deploy.

    Expected: it goes on from its newest retained checkpoint, and it is said that results may be
    lost, and which; these were committed, so every window was published once.
    """
    outage_longer_than_transactions(job, "deploy")


def test_recover__outage_longer_than_the_transaction_timeout(job: LiveJob) -> None:
    """Step: the job is ended past headgate right after it has committed, for longer than Kafka
    keeps its transactions open; recover.

    Expected: it goes on from its newest retained checkpoint, and it is said that results may be
    lost, and which; these were committed, so every window was published once.
    """
    outage_longer_than_transactions(job, "recover")


def savepoint_not_committed(job: LiveJob, kind: str) -> None:
    """End it between a savepoint and the checkpoint that would commit the results in it."""
    job.change(transaction_timeout="40s", checkpoint_interval="30s")
    job.run("deploy")
    job.await_checkpoints(1)
    job.await_input(2)
    job.run("savepoint")
    job.cancel_in_flink()
    before, savepoint = job.latest, job.services.ledger.snapshots(job.name)[0]
    outlast_transactions(job)

    brought_back = bring_back(job, kind)

    assert MAY_BE_LOST not in brought_back.err
    assert f"and not the savepoint after it, {savepoint.location}" in brought_back.err
    restored_from = plain_location(job.assert_one_healthy().restored_from or "")
    assert f"/{before.flink_job_id}/chk-" in restored_from
    job.assert_deploy_plans_nothing()
    job.change()
    job.run("deploy")
    job.await_results(1)
    job.assert_exactly_once()


def test_deploy__outage_longer_with_results_of_a_savepoint_not_committed(job: LiveJob) -> None:
    """Step: a savepoint is taken, and the job is ended past headgate before the checkpoint that
    would commit the results in it, for longer than Kafka keeps its transactions open; deploy.

    Expected: it goes on from the checkpoint before the savepoint, and says why: from the savepoint
    those results would be lost; every window was published once.
    """
    savepoint_not_committed(job, "deploy")


def test_recover__outage_longer_with_results_of_a_savepoint_not_committed(job: LiveJob) -> None:
    """Step: a savepoint is taken, and the job is ended past headgate before the checkpoint that
    would commit the results in it, for longer than Kafka keeps its transactions open; recover.

    Expected: it goes on from the checkpoint before the savepoint, and says why: from the savepoint
    those results would be lost; every window was published once.
    """
    savepoint_not_committed(job, "recover")


def test_operations__outages_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
