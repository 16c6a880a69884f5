"""Flink accepts a call and dies before its answer is heard, or forgets what it was asked for.

One job is at work all the time, and what it publishes is what plain Python expects, once.
"""

from collections.abc import Callable, Iterator

import pytest
from harness.faults.live_job import PATIENCE, LiveJob, live_job
from harness.faults.proxied import Proxied, proxied, run
from harness.faults.servers import Servers
from harness.own_stack import OwnStack, own_stack
from harness.sample_project import Ran
from harness.waiting import until
from headgate.ids import TriggerId

pytestmark = pytest.mark.slow

LINE = "2.3"
Unheard = Callable[[str, str], Ran]
FORGETS = ("rest.async.store-duration", "5 s")


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("said", LINE) as stack:
        yield stack


@pytest.fixture(scope="module")
def servers(stack: OwnStack) -> Servers:
    return Servers(stack)


@pytest.fixture(scope="module")
def cluster(servers: Servers) -> Iterator[Proxied]:
    with proxied(servers.environment, LINE) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def at_work(cluster: Proxied, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(cluster.environment, LINE, tmp_path_factory.mktemp("unheard")) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob, servers: Servers) -> LiveJob:
    servers.await_all()
    return at_work.ready()


@pytest.fixture
def unheard(job: LiveJob, cluster: Proxied, servers: Servers) -> Unheard:
    """Runs a command: SIGKILL of the JobManager when it has accepted, before its answer arrives."""

    def run_unheard(kind: str, path: str) -> Ran:
        proxy = cluster.proxy
        proxy.spoil("POST", path, ["lost"], when_lost=lambda: servers.kill("JobManager"))
        ran = run(job, kind)
        assert proxy.left_to_spoil == 0, ran
        servers.await_all()
        return ran

    return run_unheard


def newest(job: LiveJob) -> str:
    return job.services.ledger.snapshots(job.name)[0].location


def test_savepoint__jobmanager_killed_when_it_has_accepted(job: LiveJob, unheard: Unheard) -> None:
    """Step: the trigger is accepted; SIGKILL of the JobManager before its answer is heard.

    Expected: the savepoint is whole and recorded, or nothing is recorded and the cause is told;
    taken again, there is one more, one job runs, every window was published once.
    """
    before = job.traces.savepoints

    ran = unheard("savepoint", "/jobs/.*/savepoints$")

    taken = 1 if ran.code == 0 else 0
    assert job.traces.savepoints == before + taken
    job.bring_back()
    job.run("savepoint")
    assert job.traces.savepoints == before + taken + 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_stop__jobmanager_killed_when_it_has_accepted(job: LiveJob, unheard: Unheard) -> None:
    """Step: the stop is accepted; SIGKILL of the JobManager before its answer is heard.

    Expected: its savepoint is found in its own folder, or the job is brought back and stopped
    again; deployed, it goes on from that savepoint, every window was published once.
    """
    ran = unheard("stop", "/jobs/.*/stop$")

    if ran.code:
        job.bring_back()
        job.run("stop")
    job.assert_stopped_once()
    savepoint = newest(job)
    job.run("deploy")
    assert job.assert_one_healthy().restored_from == savepoint
    job.assert_exactly_once()


def test_recover__jobmanager_killed_when_it_has_accepted(job: LiveJob, unheard: Unheard) -> None:
    """Step: the job was ended past headgate; the submission is accepted; SIGKILL of the JobManager
    before its answer is heard.

    Expected: recovered again where that ended badly, one job goes on from a retained checkpoint,
    every window was published once, and a further recover finds nothing to do.
    """
    job.cancel_in_flink()

    unheard("recover", "/jars/.*/run")

    job.bring_back()
    now = job.assert_one_healthy()
    assert "/chk-" in (now.restored_from or "")
    assert job.evidence(job.run("recover"), "plan")["action"] == "keep"
    assert job.latest.flink_job_id == now.flink_job_id
    job.assert_exactly_once()


def test_stop__trigger_forgotten_is_found_by_looking(
    job: LiveJob, stack: OwnStack, cluster: Proxied, servers: Servers
) -> None:
    """Step: SIGKILL of the stopping process after its trigger; stop again when Flink, which keeps
    triggers for 5 s here, no longer knows it.

    Expected: no second trigger; the savepoint is found in its own folder and recorded.
    """
    stack.set_flink_option(*FORGETS)
    servers.kill("JobManager")
    servers.await_all()
    job.bring_back()
    traces, client = job.traces, job.project.flink(LINE)
    job.die("stop", ("stop", "acted"))
    left_open = job.services.ledger.running_operation(job.name)
    assert left_open is not None
    intent = next(
        one.intent for one in job.services.ledger.steps(left_open.id) if one.name == "stop"
    )
    trigger = TriggerId(intent["trigger_id"])
    until(
        lambda: client.savepoint_status(intent["flink_job_id"], trigger) is None,
        seconds=PATIENCE,
        what="Flink has forgotten the trigger",
    )

    asked = len(cluster.proxy.seen)

    stopped = run(job, "stop")

    assert stopped.code == 0, stopped
    assert not any(method == "POST" for method, _ in cluster.proxy.seen[asked:])
    assert job.traces == traces.plus(savepoints=1)
    job.assert_stopped_once()
    job.run("deploy")
    job.assert_exactly_once()


def test_operations__answers_unheard_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
