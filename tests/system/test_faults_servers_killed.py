"""TaskManager, JobManager, broker and registry killed during each operation, on a stack of its own.

One job is at work all the time. After each kill the command is run again, as the error says; then
one job runs, and what is published is what plain Python expects, each window once.
"""

from collections.abc import Iterator

import pytest
from harness.faults.boundaries import Boundary
from harness.faults.live_job import Ended, LiveJob, live_job
from harness.faults.servers import Servers, Strike
from harness.own_stack import own_stack

pytestmark = pytest.mark.slow

LINE = "2.2"
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with own_stack("faults", LINE) as stack:
        yield Servers(stack)


@pytest.fixture(scope="module")
def at_work(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(servers.environment, LINE, tmp_path_factory.mktemp("servers")) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob, servers: Servers) -> LiveJob:
    servers.await_all()
    return at_work.ready()


def run_and_kill(job: LiveJob, servers: Servers, kind: str, server: str, moment: Boundary) -> Ended:
    """How the operation ended during which the server was killed; then all servers are back."""
    strike: Strike = servers.killed_at(server, moment)
    ended = job.end_of(kind, strike)
    assert strike.has_struck, ended
    servers.await_all()
    return ended


@pytest.mark.parametrize(
    ("server", "moment", "ends"),
    [
        ("TaskManager", ("submit", "acted"), {"succeeded"}),
        pytest.param("TaskManager", ("stop", "acted"), {"succeeded", "failed"}, marks=slow),
        ("JobManager", ("healthy", "pending"), {"failed"}),
        pytest.param("JobManager", ("submit", "acting"), {"succeeded"}, marks=slow),
        ("broker", ("plan", "intended"), {"failed"}),
        pytest.param("broker", ("submit", "acted"), {"succeeded"}, marks=slow),
        ("registry", ("plan", "intended"), {"failed"}),
        pytest.param("registry", ("submit", "acting"), {"succeeded"}, marks=slow),
    ],
)
def test_deploy__server_killed(
    job: LiveJob, servers: Servers, server: str, moment: Boundary, ends: set[str]
) -> None:
    """Step: the declaration has changed; SIGKILL of a server while the running job is replaced.

    Expected: the operation ends with a named end; deployed again, one job goes on with the state
    of before, every window was published once, and a further deploy plans nothing.
    """
    before, traces = job.latest, job.traces
    job.change()

    ended = run_and_kill(job, servers, "deploy", server, moment)

    assert ended.state in ends, ended
    if moment[0] == "plan":
        assert (job.latest, job.traces) == (before, traces), "nothing was changed"
    job.run("deploy")
    assert job.assert_one_healthy().generation == before.generation + 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__jobmanager_killed_when_the_new_job_has_published(
    job: LiveJob, servers: Servers
) -> None:
    """Step: the new job was accepted and has completed checkpoints; SIGKILL of the JobManager
    before the deploying process has looked at it.

    Expected: it is not submitted again from the older savepoint, which would repeat what it has
    published; deployed again, it goes on from its own checkpoint, every window once.
    """
    job.change()
    before = job.latest

    def strike() -> None:
        job.await_results(2)
        servers.kill("JobManager")

    ended = job.end_of("deploy", Strike(strike, ("submit", "acted")))

    assert (ended.state, "has lost" in ended.reason) == ("failed", True), ended
    servers.await_all()
    job.run("deploy")
    now = job.assert_one_healthy()
    assert (now.generation, now.attempt) == (before.generation + 1, 2)
    assert "/chk-" in (now.restored_from or "")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("server", "ends"),
    [
        ("TaskManager", {"succeeded", "failed"}),
        ("JobManager", {"succeeded", "failed"}),
        pytest.param("broker", {"succeeded", "failed"}, marks=slow),
        pytest.param("registry", {"succeeded"}, marks=slow),
    ],
)
def test_savepoint__server_killed(
    job: LiveJob, servers: Servers, server: str, ends: set[str]
) -> None:
    """Step: SIGKILL of a server right after the savepoint was triggered.

    Expected: either it is whole and recorded, or nothing is recorded and the cause is told; taken
    again, there is one more, one job runs, every window was published once.
    """
    traces = job.traces

    ended = run_and_kill(job, servers, "savepoint", server, ("savepoint", "acted"))

    assert ended.state in ends, ended
    taken = 1 if ended.state == "succeeded" else 0
    assert job.traces.savepoints == traces.savepoints + taken
    job.bring_back()
    job.await_checkpoints(1)
    job.run("savepoint")
    assert job.traces.savepoints == traces.savepoints + taken + 1
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("server", "ends"),
    [
        ("TaskManager", {"succeeded", "failed"}),
        ("JobManager", {"succeeded", "needs_operator"}),
        ("broker", {"succeeded", "failed", "needs_operator"}),
        pytest.param("registry", {"succeeded"}, marks=slow),
    ],
)
def test_stop__server_killed(job: LiveJob, servers: Servers, server: str, ends: set[str]) -> None:
    """Step: SIGKILL of a server right after the stop was triggered.

    Expected: either the job has ended and its savepoint is recorded, or the job is still there or
    brought back; stopped again and deployed, it goes on, every window was published once.
    """
    ended = run_and_kill(job, servers, "stop", server, ("stop", "acted"))

    assert ended.state in ends, ended
    if ended.state != "succeeded":
        job.bring_back()
        job.run("stop")
    job.assert_stopped_once()
    newest = job.services.ledger.snapshots(job.name)[0]
    job.run("deploy")
    assert job.assert_one_healthy().restored_from == newest.location
    job.assert_exactly_once()


@pytest.mark.parametrize(
    ("server", "moment", "ends"),
    [
        ("TaskManager", ("submit", "acted"), {"succeeded"}),
        pytest.param("JobManager", ("submit", "acting"), {"succeeded"}, marks=slow),
        pytest.param("JobManager", ("healthy", "pending"), {"failed"}, marks=slow),
        ("broker", ("submit", "acted"), {"succeeded"}),
        pytest.param("registry", ("submit", "acting"), {"succeeded"}, marks=slow),
    ],
)
def test_recover__server_killed(
    job: LiveJob, servers: Servers, server: str, moment: Boundary, ends: set[str]
) -> None:
    """Step: the job was ended past headgate; SIGKILL of a server while it is brought back.

    Expected: recovered again where that ended badly, one job goes on from a retained checkpoint,
    every window was published once, and a further recover finds nothing to do.
    """
    job.cancel_in_flink()

    ended = run_and_kill(job, servers, "recover", server, moment)

    assert ended.state in ends, ended
    job.bring_back()
    now = job.assert_one_healthy()
    assert "/chk-" in (now.restored_from or "")
    again = job.run("recover")
    assert job.evidence(again, "plan")["action"] == "keep"
    assert job.latest.flink_job_id == now.flink_job_id
    job.assert_exactly_once()


def test_recover__flink_unreachable_until_its_jobmanager_has_restarted(
    job: LiveJob, servers: Servers
) -> None:
    """Step: SIGKILL of the JobManager, recover at once, while nothing answers.

    Expected: it waits until the cluster is there again and has its slots, and brings the job back
    from its newest retained checkpoint; every window was published once.
    """
    before = job.latest
    servers.kill("JobManager")

    job.run("recover")

    now = job.assert_one_healthy()
    assert now.attempt == before.attempt + 1
    assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_operations__servers_killed_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
