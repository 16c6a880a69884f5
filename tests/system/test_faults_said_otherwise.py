"""Flink does something else than it was asked for, or says something else than it has done.

A proxy rewrites what is asked and answered; the JobManager behind it is real. One job is at work
all the time, and what it publishes is what plain Python expects, once.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from harness.faults.live_job import LiveJob, live_job
from harness.faults.proxied import Proxied, proxied, run
from harness.own_stack import own_stack
from harness.proxy import Content
from harness.sample_project import Ran
from headgate.clients.snapshot_metadata import metadata_problem

pytestmark = pytest.mark.slow

LINE = "2.3"
LONG_PAUSE = {"execution.checkpointing.min-pause": "30 s"}
"""So long a job publishes nothing after its start."""

ToldOtherwise = Callable[[str, Content], Ran]
Without = Callable[[str, str, str], Ran]
CASES = ["a failure", "a place where nothing is", "an older savepoint"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Proxied]:
    with own_stack("said", LINE) as stack, proxied(stack.environment, LINE) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def at_work(cluster: Proxied, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(cluster.environment, LINE, tmp_path_factory.mktemp("said")) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    return at_work.ready()


@pytest.fixture
def told_otherwise(job: LiveJob, cluster: Proxied) -> ToldOtherwise:
    """Runs a command: when its savepoint is there, answers about its trigger are other ones."""

    def run_told_otherwise(kind: str, operation: Content) -> Ran:
        def answer(content: Content) -> Content:
            is_completed = content["status"]["id"] == "COMPLETED"
            return {**content, "operation": operation} if is_completed else content

        with cluster.proxy.rewriting("GET", "/savepoints/", answer=answer) as rewriting:
            ran = run(job, kind)
        assert rewriting.times > 0
        return ran

    return run_told_otherwise


@pytest.fixture
def without(job: LiveJob, cluster: Proxied) -> Without:
    """Runs a command whose effect is asked for without one field of it."""

    def run_without(kind: str, path: str, field: str) -> Ran:
        def request(content: Content) -> Content:
            return {key: value for key, value in content.items() if key != field}

        with cluster.proxy.rewriting("POST", path, request=request) as rewriting:
            ran = run(job, kind)
        assert rewriting.times > 0
        return ran

    return run_without


def newest(job: LiveJob) -> str:
    return job.services.ledger.snapshots(job.name)[0].location


def other_than(location: str, case: str) -> Content:
    """What Flink tells in place of a savepoint; `location` is that of an older one."""
    answers: dict[str, Content] = {
        "a failure": {"failure-cause": {"class": "t", "stack-trace": "IOException: so it is said"}},
        "a place where nothing is": {"location": f"{location}-nowhere"},
        "an older savepoint": {"location": location},
    }
    return answers[case]


def test_deploy__answer_says_otherwise_started_without_state(
    job: LiveJob, without: Without
) -> None:
    """Step: the declaration has changed; Flink takes the submission and ignores its savepoint.

    Expected: the job is cancelled before it has published anything, and is never taken for
    healthy; deployed again, the next one goes on from that savepoint, every window once.
    """
    before = job.latest
    job.change(flink_configuration=LONG_PAUSE)

    refused = without("deploy", "/jars/.*/run", "savepointPath")

    assert refused.code == 1, refused
    assert f"has started it without state, asked for was {newest(job)}" in refused.err
    assert not job.is_running
    assert (job.latest.generation, job.latest.state) == (before.generation + 1, "astray")
    savepoint = newest(job)
    job.run("deploy")
    now = job.assert_one_healthy()
    assert (now.attempt, now.restored_from) == (2, savepoint)
    job.assert_exactly_once()


def test_recover__answer_says_otherwise_started_without_state(
    job: LiveJob, without: Without
) -> None:
    """Step: the job was ended past headgate; Flink takes its submission and ignores the snapshot.

    Expected: what runs is cancelled before it has published anything; recovered again, the job
    goes on from the state that it had, never from what the other has left, every window once.
    """
    job.change(flink_configuration=LONG_PAUSE)
    job.run("deploy")
    before = job.latest
    job.cancel_in_flink()

    refused = without("recover", "/jars/.*/run", "savepointPath")

    assert refused.code == 1, refused
    assert "has started it without state" in refused.err
    assert (job.is_running, job.latest.state) == (False, "astray")
    job.run("recover")
    now = job.assert_one_healthy()
    assert now.attempt == before.attempt + 2
    assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
    job.change()
    job.run("deploy")
    job.assert_exactly_once()


@pytest.mark.parametrize("case", CASES)
def test_savepoint__answer_says_otherwise_about_its_place(
    job: LiveJob, told_otherwise: ToldOtherwise, case: str
) -> None:
    """Step: the savepoint is complete; Flink tells of a failure, of a place where nothing is, or
    of an older savepoint.

    Expected: what lies in the operation's own folder is recorded, once; no second one is taken.
    """
    job.run("savepoint")
    traces = job.traces

    taken = told_otherwise("savepoint", other_than(newest(job), case))

    assert taken.code == 0, taken
    assert job.traces == traces.plus(savepoints=1)
    assert metadata_problem(newest(job)) is None
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_savepoint__answer_says_otherwise_written_elsewhere(job: LiveJob, without: Without) -> None:
    """Step: Flink ignores the folder that was asked for. Expected: refused with both places, and
    not recorded, because it is nobody's there; the job runs on.
    """
    traces = job.traces

    refused = without("savepoint", "/savepoints$", "target-directory")

    assert (refused.code, "it was to be written below" in refused.err) == (1, True), refused
    assert job.traces == traces
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


@pytest.mark.parametrize("case", CASES)
def test_stop__answer_says_otherwise_about_its_savepoint(
    job: LiveJob, told_otherwise: ToldOtherwise, case: str
) -> None:
    """Step: the job has stopped with its savepoint; Flink tells of a failure, of a place where
    nothing is, or of an older savepoint.

    Expected: the savepoint in its own folder is recorded; deployed, the job goes on from it.
    """
    job.run("savepoint")
    traces = job.traces

    stopped = told_otherwise("stop", other_than(newest(job), case))

    assert stopped.code == 0, stopped
    assert job.traces == traces.plus(savepoints=1)
    job.assert_stopped_once()
    savepoint = newest(job)
    job.run("deploy")
    assert job.assert_one_healthy().restored_from == savepoint
    job.assert_exactly_once()


def test_stop__answer_says_otherwise_written_elsewhere(job: LiveJob, without: Without) -> None:
    """Step: Flink ignores the folder that was asked for, and the job ends.

    Expected: a person is told of the place; deploy takes nothing older, which would repeat
    results; recovered from that place, the job goes on, every window once.
    """
    job.run("savepoint")

    refused = without("stop", "/stop$", "targetDirectory")

    place = re.search(r"Flink says that it is (\S+)", refused.err)
    assert (refused.code, place is not None) == (1, True), refused
    assert place is not None
    deploy = run(job, "deploy")
    assert (deploy.code, "has ended as FINISHED" in deploy.err) == (1, True), deploy
    recovered = run(job, "recover", "--from", place[1], "--yes")
    assert recovered.code == 0, recovered
    assert job.assert_one_healthy().restored_from == place[1]
    job.assert_exactly_once()


def test_operations__said_otherwise_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
