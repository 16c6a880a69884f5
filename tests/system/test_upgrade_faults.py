"""Upgrades by stop and restore whose target breaks, whose process dies, whose savepoint is damaged.

Each ends with the live job as it was, or rolled back and whole, and names the cause. What is
published is compared with what plain Python expects of the same records.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from harness.faults.boundaries import Boundary, boundaries
from harness.faults.live_job import LiveJob, live_job
from harness.faults.rolled_back import assert_repeats_only_what_is_told, outcome_of
from harness.faults.servers import strike
from harness.own_stack import OwnStack, own_stack
from headgate.clients.locations import plain_location
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Event, Listener

pytestmark = pytest.mark.slow

OLD, NEW = "2.2", "2.3"
WAY = "stop and restore"
REHEARSED = {"soak": "5s", "approval": False}
UNREHEARSED = {**REHEARSED, "rehearse": False}
HEALTH = {"checkpoints": 1, "deadline": "90s"}
PLANNED: dict[str, Any] = {
    "action": "upgrade",
    "kind": "sql",
    "dry_run": False,
    "is_only_line": True,
    "deadline_seconds": 90.0,
    "soak_seconds": 5.0,
}
DECIDED = {"rehearse": True, "approval": False, "way": "stop and restore"}
WHOLE = {
    "plan": PLANNED,
    "decide": DECIDED,
    "rehearse.watch": {"verdict": "proven"},
    "way_back.choose": {"problem": None},
}
JOBMANAGER, TASKMANAGER = f"flink-{NEW}-jobmanager", f"flink-{NEW}-taskmanager"


FOUND_DONE = {
    *("compile", "stage", "rehearse.stage", "way_back.stage", "stable"),
    *("back.cancel", "back.restore"),
}
"""Steps whose effect is there already in these cases, so that they only look."""


def reached(all_of_them: Sequence[Boundary]) -> list[Boundary]:
    return [
        (step, phase)
        for step, phase in all_of_them
        if step not in FOUND_DONE or phase in ("intended", "done")
    ]


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("upgrade", OLD, also=NEW) as stack:
        yield stack


@pytest.fixture(scope="module")
def at_work(stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(
        stack.environment,
        OLD,
        tmp_path_factory.mktemp("upgrade-faults"),
        lines=(OLD, NEW),
        upgrade=REHEARSED,
        health=HEALTH,
    ) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob, stack: OwnStack) -> LiveJob:
    """The live job on the old line, declared for the new one."""
    stack.await_ready()
    at_work.bring_back()
    if at_work.latest.line != OLD:
        at_work.declare(flink=OLD)
        at_work.run("upgrade", _nobody, way=WAY, to=OLD, again=True)
    assert at_work.assert_one_healthy().line == OLD
    at_work.declare(flink=NEW)
    at_work.await_checkpoints(1)
    return at_work


def _nobody(_event: Event) -> None:
    """Listen to nothing."""


def last_upgrade(job: LiveJob) -> OperationRecord:
    return next(one for one in job.services.ledger.operations(job.name) if one.kind == "upgrade")


def evidence(job: LiveJob, operation: OperationRecord) -> dict[str, Json]:
    return {step.name: step.evidence for step in job.services.ledger.steps(operation.id)}


def upgraded(job: LiveJob, listener: Listener) -> OperationRecord:
    """Run an upgrade that does not do what it should; how it has ended."""
    ended = job.end_of("upgrade", listener, way=WAY, again=True)
    assert ended.state != "succeeded"
    return last_upgrade(job)


def assert_as_it_was(job: LiveJob, before: Any) -> None:
    """The same Flink job on the old line, never restarted, and nothing more in the ledger."""
    assert job.assert_one_healthy() == before
    job.await_results(2)
    assert job.picture.restarts in {0, None}
    job.assert_exactly_once()


def test_upgrade__target_jobmanager_killed_during_the_rehearsal(
    job: LiveJob, stack: OwnStack
) -> None:
    """Step: SIGKILL of the target's JobManager while the shadow job is watched.

    Expected: the upgrade fails and says why; the live job is as it was.
    """
    before = job.latest
    kill = strike(lambda: stack.kill(JOBMANAGER), "rehearse.submit", "done")

    ended = upgraded(job, kill)

    assert ended.state == "failed"
    assert "rehearsal on Flink 2.3 has failed" in ended.reason
    assert_as_it_was(job, before)


def test_upgrade__target_never_becomes_healthy(job: LiveJob, stack: OwnStack) -> None:
    """Step: not rehearsed; when the live job has stopped, the target's TaskManager stands still.

    Expected: rolled back. The new version had published nothing, so that is exact; tried again,
    it is refused until a person says so.
    """
    job.declare(flink=NEW, upgrade=UNREHEARSED, health={**HEALTH, "deadline": "30s"})
    before = job.latest
    with ExitStack() as standing:
        pause = strike(
            lambda: standing.enter_context(stack.paused(TASKMANAGER)), "cut_over.stop", "done"
        )
        ended = upgraded(job, pause)

    found = outcome_of(job, ended)
    assert found.exact, found
    now = job.assert_one_healthy()
    assert (now.line, now.artefact_digest) == (OLD, before.artefact_digest)
    assert now.restored_from == evidence(job, ended)["cut_over.stop"]["location"]
    job.await_results(2)
    job.assert_exactly_once()
    refused = job.end_of("upgrade", _nobody, way=WAY)
    assert (refused.state, "was rolled back" in refused.reason) == ("failed", True), refused


def test_upgrade__target_jobmanager_killed_during_the_cut_over(
    job: LiveJob, stack: OwnStack
) -> None:
    """Step: SIGKILL of the target's JobManager right after it has taken the new job.

    Expected: rolled back and whole.
    """
    ended = upgraded(job, strike(lambda: stack.kill(JOBMANAGER), "cut_over.submit", "done"))

    found = outcome_of(job, ended)
    assert job.assert_one_healthy().line == OLD
    job.await_results(2)
    assert_repeats_only_what_is_told(job, found)


def test_upgrade__target_jobmanager_killed_during_the_soak(job: LiveJob, stack: OwnStack) -> None:
    """Step: the new version has published; SIGKILL of its JobManager while it is watched.

    Expected: rolled back to the pinned savepoint: nothing is lost, and only windows between the
    two offsets of the outcome are published again, with equal values.
    """

    def kill() -> None:
        job.await_results(3)
        stack.kill(JOBMANAGER)

    ended = upgraded(job, strike(kill, "cut_over.healthy", "done"))

    found = outcome_of(job, ended)
    assert not found.exact
    assert job.assert_one_healthy().line == OLD
    job.await_results(2)
    assert_repeats_only_what_is_told(job, found)


def test_upgrade__target_taskmanager_killed_during_the_soak(job: LiveJob, stack: OwnStack) -> None:
    """Step: the new version has published; SIGKILL of its TaskManager while it is watched, which
    makes it restart.

    Expected: rolled back. Where it runs again before it is asked for its savepoint that is exact.
    """
    ended = upgraded(job, strike(lambda: stack.kill(TASKMANAGER), "cut_over.healthy", "done"))

    found = outcome_of(job, ended)
    assert job.assert_one_healthy().line == OLD
    job.await_results(2)
    assert_repeats_only_what_is_told(job, found)


def test_upgrade__metadata_cut_off_after_the_stop(job: LiveJob) -> None:
    """Step: `_metadata` of the savepoint is cut off after the stop.

    Expected: a person is asked, nothing is started; with the file back the job goes on from it.
    """
    kept: dict[Path, bytes] = {}

    def damage() -> None:
        point = job.services.ledger.snapshots(job.name)[0]
        file = Path(plain_location(point.location)) / "_metadata"
        kept[file] = file.read_bytes()
        file.write_bytes(kept[file][: len(kept[file]) // 2])

    ended = upgraded(job, strike(damage, "cut_over.record_stop", "done"))

    assert ended.state == "needs_operator"
    assert "can no longer be restored" in ended.reason
    assert not job.is_running
    for file, content in kept.items():
        file.write_bytes(content)
    job.declare(flink=OLD)
    job.run("start")
    now = job.assert_one_healthy()
    assert now.restored_from == evidence(job, ended)["cut_over.stop"]["location"]
    job.await_results(2)
    job.assert_exactly_once()


@pytest.mark.parametrize("moment", reached(boundaries("upgrade", WHOLE)), ids="-".join)
def test_upgrade__killed_at_a_step_boundary(job: LiveJob, moment: Boundary) -> None:
    """Step: SIGKILL of the upgrading process at a step boundary, then upgrade again.

    Expected: one job runs on the new line from the savepoint of one stop, every window was
    published once, and a further upgrade finds nothing to do.
    """
    before = job.latest

    job.die("upgrade", moment, way=WAY, again=True)
    operation = job.run("upgrade", way=WAY, again=True)

    now = job.assert_one_healthy()
    assert (now.line, now.generation, now.attempt) == (NEW, before.generation + 1, 1)
    stopped = [one for one in job.services.ledger.snapshots(job.name) if one.pinned]
    assert [one.location for one in stopped] == [now.restored_from]
    assert operation.state == "succeeded"
    again = job.run("upgrade", way=WAY)
    assert job.evidence(again, "plan")["action"] == "keep"
    job.assert_exactly_once()


BACK = {
    "hand_back.plan": {"action": "none"},
    "back.plan": {
        "is_handed_over": False,
        "exact_way": True,
        "new": "new",
        "pinned": "",
        "job": "",
        "line": OLD,
        "deadline_seconds": 90.0,
        "stop_within_seconds": 30.0,
    },
    "back.stop": {"location": ""},
    "back.restore": {"location": "", "is_own_savepoint": True},
}


@pytest.mark.parametrize("moment", reached(boundaries("rollback", BACK)), ids="-".join)
def test_rollback__killed_at_a_step_boundary(job: LiveJob, moment: Boundary) -> None:
    """Step: SIGKILL of the process that rolls back at a step boundary, then rollback again.

    Expected: one job runs on the old line from the new one's own savepoint; every window was
    published once.
    """
    job.run("upgrade", way=WAY, again=True)
    before = job.latest

    job.die("rollback", moment)
    operation = job.run("rollback")

    now = job.assert_one_healthy()
    assert (now.line, now.generation, now.attempt) == (OLD, before.generation + 1, 1)
    assert evidence(job, operation)["outcome"]["exact"] is True
    job.assert_exactly_once()
