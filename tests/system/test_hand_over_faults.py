"""Hand-overs in which a server or the process dies.

Each ends with the live job as it was, or rolled back and whole, and names the cause. What is
published is compared with what plain Python expects of the same records.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from harness.faults.boundaries import Boundary, boundaries
from harness.faults.live_job import LiveJob, live_job
from harness.faults.rolled_back import assert_repeats_only_what_is_told, outcome_of
from harness.faults.servers import strike
from harness.own_stack import OwnStack, own_stack
from headgate.ledger.records import OperationRecord
from headgate.operations.engine.engine import Listener

pytestmark = pytest.mark.slow

OLD, NEW = "2.2", "2.3"
OTHER = {OLD: NEW, NEW: OLD}
POLICY = {"soak": "5s", "approval": False, "rehearse": False}
HEALTH = {"checkpoints": 1, "deadline": "90s"}
PLAN: dict[str, Any] = {
    "action": "upgrade",
    "kind": "sql",
    "dry_run": False,
    "is_only_line": True,
    "deadline_seconds": 90.0,
    "soak_seconds": 5.0,
}
WHOLE = {"plan": PLAN, "decide": {"rehearse": False, "approval": False, "way": "hand-over"}}
LEARNED_FROM_FILES = {"compile", "stage", "stable"}
"""Steps whose effect is there already in these cases, so that they only look."""


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("upgrade", OLD, also=NEW) as stack:
        yield stack


@pytest.fixture(scope="module")
def at_work(stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(
        stack.environment,
        OLD,
        tmp_path_factory.mktemp("handover-faults"),
        lines=(OLD, NEW),
        at_most=2,
        upgrade=POLICY,
        health=HEALTH,
    ) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob, stack: OwnStack) -> LiveJob:
    """The live job, on either line; `declare` names the one on which it runs."""
    stack.await_ready()
    at_work.bring_back()
    at_work.declare(flink=at_work.assert_one_healthy().line)
    at_work.await_checkpoints(1)
    return at_work


@pytest.fixture
def target(job: LiveJob) -> str:
    """The line on which it does not run."""
    return OTHER[job.latest.line]


def handed_over(job: LiveJob, target: str, listener: Listener) -> OperationRecord:
    """Run an upgrade that does not do what it should; how it has ended."""
    ended = job.end_of("upgrade", listener, to=target, again=True)
    assert ended.state != "succeeded"
    return next(one for one in job.services.ledger.operations(job.name) if one.kind == "upgrade")


def assert_as_it_was(job: LiveJob, before: Any) -> None:
    """The same Flink job, never restarted, and nothing more in the ledger."""
    assert job.assert_one_healthy() == before
    job.await_results(3)
    assert job.picture.restarts in {0, None}
    job.assert_exactly_once()


@pytest.mark.parametrize(
    "moment",
    [("cut_over.submit", "done"), ("cut_over.agree", "acted")],
    ids=["before the instant is set", "between its setting and its passing"],
)
def test_upgrade__target_jobmanager_killed_in_a_hand_over(
    job: LiveJob, stack: OwnStack, target: str, moment: Boundary
) -> None:
    """Step: SIGKILL of the target's JobManager before the instant is set, or just after that.

    Expected: called off, and the cause is named; the live job is as it was.
    """
    before = job.latest
    kill = strike(lambda: stack.kill(f"flink-{target}-jobmanager"), *moment)

    ended = handed_over(job, target, kill)

    assert ended.state == "failed"
    assert "called off" in ended.reason
    assert_as_it_was(job, before)


def test_upgrade__target_jobmanager_killed_when_the_instant_is_agreed_upon(
    job: LiveJob, stack: OwnStack, target: str
) -> None:
    """Step: SIGKILL of the target's JobManager when it is settled who publishes what.

    Expected: rolled back and whole: nothing is lost, what is repeated is told.
    """
    line = job.latest.line
    kill = strike(
        lambda: stack.kill(f"flink-{target}-jobmanager"), "cut_over.record_second", "done"
    )

    ended = handed_over(job, target, kill)

    found = outcome_of(job, ended)
    assert job.assert_one_healthy().line == line
    job.await_results(3)
    assert_repeats_only_what_is_told(job, found)


def test_upgrade__target_jobmanager_killed_in_the_soak_of_a_hand_over(
    job: LiveJob, stack: OwnStack, target: str
) -> None:
    """Step: the first job has been stopped, the second one has published; SIGKILL of its
    JobManager while it is watched.

    Expected: rolled back: nothing is lost, and only windows between the two offsets of the outcome
    are published again, with equal values.
    """
    line = job.latest.line

    def kill() -> None:
        job.await_results(3)
        stack.kill(f"flink-{target}-jobmanager")

    ended = handed_over(job, target, strike(kill, "cut_over.record_stop", "done"))

    found = outcome_of(job, ended)
    assert not found.exact
    assert job.assert_one_healthy().line == line
    job.await_results(3)
    assert_repeats_only_what_is_told(job, found)


def test_upgrade__target_taskmanager_killed_in_the_soak_of_a_hand_over(
    job: LiveJob, stack: OwnStack, target: str
) -> None:
    """Step: SIGKILL of the target's TaskManager while the second job is watched.

    Expected: rolled back. Where it runs again before it is asked for its savepoint that is exact.
    """
    line = job.latest.line
    # Until the JobManager misses the TaskManager takes longer than the soak of the other cases.
    job.declare(flink=line, upgrade={**POLICY, "soak": "40s"})
    kill = strike(lambda: stack.kill(f"flink-{target}-taskmanager"), "watch", "pending")

    ended = handed_over(job, target, kill)

    found = outcome_of(job, ended)
    assert job.assert_one_healthy().line == line
    job.await_results(3)
    assert_repeats_only_what_is_told(job, found)


def test_upgrade__old_job_fails_over_while_the_instant_is_pending(
    job: LiveJob, stack: OwnStack, target: str
) -> None:
    """Step: SIGKILL of the TaskManager of the first job when the instant is set.

    Expected: it reads its bounds again, and the hand-over succeeds; every window once.
    """
    line = job.latest.line
    kill = strike(lambda: stack.kill(f"flink-{line}-taskmanager"), "cut_over.agree", "acted")

    job.run("upgrade", kill, to=target, again=True)

    assert job.assert_one_healthy().line == target
    job.await_results(3)
    job.assert_exactly_once()


def test_upgrade__old_jobmanager_killed_while_the_instant_is_pending(
    job: LiveJob, stack: OwnStack, target: str
) -> None:
    """Step: SIGKILL of the JobManager of the first job when the instant is set.

    Expected: called off, the second job is removed; `recover` brings the first one back, whole.
    """
    line = job.latest.line
    kill = strike(lambda: stack.kill(f"flink-{line}-jobmanager"), "cut_over.agree", "acted")

    ended = handed_over(job, target, kill)

    assert (ended.state, ended.next_step) == ("failed", f"headgate recover {job.name}")
    assert not job.is_running
    stack.await_ready()
    job.run("recover")
    assert job.assert_one_healthy().line == line
    job.await_results(3)
    job.assert_exactly_once()


def reached(kind: str, evidence: Any) -> list[Boundary]:
    return [
        (step, phase)
        for step, phase in boundaries(kind, evidence)
        if step not in LEARNED_FROM_FILES or phase in ("intended", "done")
    ]


@pytest.mark.parametrize("moment", reached("upgrade", WHOLE), ids="-".join)
def test_upgrade__killed_in_a_hand_over(job: LiveJob, target: str, moment: Boundary) -> None:
    """Step: SIGKILL of the upgrading process at a step boundary, then upgrade again.

    Expected: one job runs on the new line, every window was published once, and a further upgrade
    finds nothing to do.
    """
    before = job.latest

    job.die("upgrade", moment, to=target, again=True)
    operation = job.run("upgrade", to=target, again=True)

    now = job.assert_one_healthy()
    assert (now.line, now.generation, now.attempt) == (target, before.generation + 1, 1)
    assert operation.state == "succeeded"
    again = job.run("upgrade", to=target)
    assert job.evidence(again, "plan")["action"] == "keep"
    job.await_results(2)
    job.assert_exactly_once()


BACK = {"hand_back.plan": {**PLAN, "action": "hand-over"}}


@pytest.mark.parametrize("moment", reached("rollback", BACK), ids="-".join)
def test_rollback__killed_in_a_hand_over(job: LiveJob, target: str, moment: Boundary) -> None:
    """Step: SIGKILL of the process that hands the job back, then rollback again.

    Expected: one job runs on the line of before; every window was published once.
    """
    line = job.latest.line
    job.run("upgrade", to=target, again=True)
    before = job.latest

    job.die("rollback", moment)
    operation = job.run("rollback")

    now = job.assert_one_healthy()
    assert (now.line, now.generation, now.attempt) == (line, before.generation + 1, 1)
    assert job.evidence(operation, "outcome")["exact"] is True
    job.await_results(2)
    job.assert_exactly_once()
