"""Whether a job lives, what is brought back, and whether that needs a person: from facts alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from headgate.clients.flink.pictures import CheckpointCounts, JobPicture, Vertex
from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName
from headgate.plan.deploy import Refusal, Submission
from headgate.plan.left_open import HeldBy
from headgate.plan.life import FirstLook, life_of
from headgate.plan.recovery import PastRecovery, RecoveryFacts, needs_recovery, recoverable
from headgate.plan.rescale import Rescale, RescaleFacts, plan_rescale, target
from headgate.plan.what_ran import what_ran

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AGE = timedelta(seconds=40)
LOST = RecoveryFacts(
    JobName("minutes"), is_declared=True, automatic=True, deployment="healthy", health="missing"
)
FAILED, ASKS = PastRecovery("failed", "no slots"), PastRecovery("needs_operator", "too old")


def ago(*minutes: float) -> list[timedelta]:
    return [timedelta(minutes=one) for one in minutes]


def left(kind: str) -> HeldBy:
    return HeldBy(kind, "1a2b", is_left=True)


def facts(**changes: Any) -> RecoveryFacts:
    return replace(LOST, **changes)


ALLOWED = {
    "missing": LOST,
    "failing": facts(health="failing"),
    "ended as FAILED": facts(health="failing", ended_as="FAILED"),
    "two failed before": facts(past=[FAILED, FAILED]),
    "asked for a person, then failed": facts(past=[FAILED, ASKS]),
    "recovered once, 5 minutes ago": facts(lately=ago(5)),
    "twice, the last time 10 minutes ago": facts(lately=ago(10, 11)),
    "four times, the last time 40 minutes ago": facts(lately=ago(40, 41, 42, 43)),
    "a scheduled savepoint was left open": facts(held_by=left("savepoint")),
    "a proof was left open": facts(held_by=left("prove")),
    "a recovery was left open": facts(held_by=left("recover"), lately=ago(1)),
    "and the job works": facts(held_by=left("recover"), health="healthy"),
    "and has submitted it already": facts(held_by=left("recover"), deployment="intended"),
}
NEEDS_A_PERSON = {
    "not allowed in job.yaml": (facts(automatic=False), "recovery.automatic is not set"),
    "not declared": (facts(is_declared=False), "no longer declared"),
    "never healthy": (facts(deployment="intended"), "never became healthy"),
    "cancelled in the UI": (facts(health="failing", ended_as="CANCELED"), "perhaps on purpose"),
    "stopped elsewhere": (facts(health="failing", ended_as="FINISHED"), "perhaps on purpose"),
    "three failed in a row": (facts(past=[FAILED] * 3), "3 recoveries in a row have failed"),
    "the last asks for one": (facts(past=[ASKS, FAILED]), "asks for a person: too old"),
    "FINISHED before Flink forgot it": (facts(ended_as="FINISHED"), "perhaps on purpose"),
    "CANCELED before Flink forgot it": (facts(ended_as="CANCELED"), "perhaps on purpose"),
    "a deployment was left open": (
        facts(held_by=left("deploy")),
        "deploy 1a2b was left open; a person decides",
    ),
    "a recovery was left open that nobody has allowed": (
        facts(held_by=left("recover"), automatic=False),
        "recovery.automatic is not set",
    ),
    "recovered 4 minutes ago": (facts(lately=ago(4)), "recovered once in 24 h; by itself not"),
    "twice, the last time 9 minutes ago": (facts(lately=ago(9, 60)), "not before 10 min have"),
    "four times, the last time 39 minutes ago": (
        facts(lately=ago(39, 60, 90, 120)),
        "not before 40 min have passed",
    ),
    "five times in a day": (
        facts(lately=ago(700, 710, 720, 730, 740)),
        "recovered 5 times in 24 h, which does not help; a person decides",
    ),
}
NOTHING_TO_DO = {
    "never deployed": (facts(deployment=None), "never deployed"),
    "stopped": (facts(deployment="stopped"), "stopped on purpose"),
    "cancelled": (facts(deployment="cancelled"), "cancelled on purpose"),
    "healthy": (facts(health="healthy"), "it is healthy"),
    "degraded": (facts(health="degraded"), "it is degraded"),
    "unknown": (facts(health="unknown"), "it is unknown"),
    "under another operation": (
        facts(held_by=HeldBy("deploy", "1a2b", is_left=False)),
        "deploy 1a2b is under way",
    ),
    "under a recovery": (
        facts(held_by=HeldBy("recover", "1a2b", is_left=False)),
        "recover 1a2b is under way",
    ),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_recovered_without_a_person(case: str) -> None:
    assert recoverable(ALLOWED[case]).is_due


@pytest.mark.parametrize("case", NEEDS_A_PERSON)
def test_recovered_by_a_person_only(case: str) -> None:
    asked, reason = NEEDS_A_PERSON[case]
    decision = recoverable(asked)
    assert not decision.is_due
    assert reason in decision.reason
    assert "headgate recover minutes" in decision.reason
    assert needs_recovery(asked).is_due


@pytest.mark.parametrize("case", NOTHING_TO_DO)
def test_not_recovered_by_anybody(case: str) -> None:
    asked, reason = NOTHING_TO_DO[case]
    assert reason in needs_recovery(asked).reason
    assert (needs_recovery(asked).is_due, recoverable(asked).is_due) == (False, False)


def picture(
    *tasks: str, state: str = "RUNNING", restarts: int | None = 0, completed: int = 9, age: int = 1
) -> JobPicture:
    return JobPicture(
        id=FlinkJobId("j"),
        name="minutes",
        state=state,
        started_at=NOON - timedelta(hours=1),
        vertices=tuple(Vertex(task, task, task, 1, 0, 0, is_source=False) for task in tasks),
        checkpoints=CheckpointCounts(
            completed=completed, latest_completed_at=NOON - timedelta(seconds=age)
        ),
        restarts=restarts,
        exceptions=("java.lang.Oops",),
    )


def seen(seconds: int, restarts: int | None = 0, completed: int = 9) -> FirstLook:
    return FirstLook(NOON - timedelta(seconds=seconds), restarts, completed)


LIVES = {
    "unknown to Flink": (None, None, "gone"),
    "cancelled": (picture("CANCELED", state="CANCELED"), None, "gone"),
    "failed": (picture("FAILED", state="FAILED"), seen(5), "gone"),
    "works and never restarted": (picture("RUNNING", "RUNNING"), None, "lives"),
    "restarted once long ago": (picture("RUNNING", restarts=1), None, "unclear"),
    "steady since": (picture("RUNNING", restarts=1), seen(20, restarts=1), "lives"),
    "not steady for long enough": (picture("RUNNING", restarts=1), seen(19, restarts=1), "unclear"),
    "restarts not told yet": (picture("RUNNING", restarts=None), None, "unclear"),
    "restarts never told": (picture("RUNNING", restarts=None), seen(20, None), "lives"),
    "one restart while watched": (picture("RUNNING", restarts=2), seen(30, restarts=1), "unclear"),
    "and steady since": (picture("RUNNING", restarts=2), seen(60, restarts=1), "lives"),
    "flaps": (picture("RUNNING", restarts=3), seen(10, restarts=1), "failing"),
    "flaps and completes checkpoints": (
        picture("RUNNING", restarts=7, completed=12),
        seen(30, restarts=2),
        "failing",
    ),
    "restarting now": (picture("CREATED", state="RESTARTING", restarts=4), None, "unclear"),
    "restarting for a minute": (
        picture("CREATED", state="RESTARTING", restarts=4),
        seen(60, restarts=4),
        "failing",
    ),
    "no vertices yet": (picture(state="INITIALIZING"), seen(59), "unclear"),
    "one vertex does not run": (picture("RUNNING", "SCHEDULED"), seen(61), "failing"),
    "no checkpoint for long": (picture("RUNNING", age=41), None, "unclear"),
    "no checkpoint for long, and none came": (picture("RUNNING", age=101), seen(60), "failing"),
    "one came meanwhile": (picture("RUNNING", age=41, completed=10), seen(60), "lives"),
}


@pytest.mark.parametrize("case", LIVES)
def test_life(case: str) -> None:
    looked, first, verdict = LIVES[case]
    life = life_of(looked, first, now=NOON, checkpoint_age=AGE)
    assert life.verdict == verdict, life
    if verdict == "failing":
        assert "java.lang.Oops" in life.reason


def test_first_look_is_forgotten_when_it_is_long_ago() -> None:
    look = seen(0)
    assert FirstLook.of(look.as_progress(), NOON + timedelta(minutes=2)) == look
    assert FirstLook.of(look.as_progress(), NOON + timedelta(minutes=3)) is None
    assert FirstLook.of({}, NOON) is None


def sent(generation: int, attempt: int, *, healthy: bool) -> Submission:
    job = FlinkJobId(f"{generation}.{attempt}")
    spec = Digest(str(generation))
    return Submission(job, generation, attempt, FlinkLineName("2.3"), spec, None, healthy)


RAN = {
    "the only one": ([sent(1, 1, healthy=True)], ("1.1", 1, 2)),
    "an attempt that never worked": (
        [sent(1, 2, healthy=False), sent(1, 1, healthy=True)],
        ("1.1", 1, 3),
    ),
    "the latest of two that worked": (
        [sent(2, 1, healthy=True), sent(1, 1, healthy=True)],
        ("2.1", 2, 2),
    ),
    "a generation that never worked": (
        [sent(2, 2, healthy=False), sent(2, 1, healthy=False), sent(1, 4, healthy=True)],
        ("1.4", 3, 1),
    ),
    "nothing ever worked": (
        [sent(1, 2, healthy=False), sent(1, 1, healthy=False)],
        ("1.2", 1, 3),
    ),
}


@pytest.mark.parametrize("case", RAN)
def test_what_ran(case: str) -> None:
    submissions, wanted = RAN[case]
    restart = what_ran(submissions)
    assert (restart.of.flink_job_id, restart.generation, restart.attempt) == wanted


def vertex(parallelism: int, most: int = 128) -> Vertex:
    return Vertex("v", "v", "RUNNING", parallelism, 0, 0, is_source=False, max_parallelism=most)


RESCALES = {
    "in place": ({"is_adaptive": True}, "in_place"),
    "by a restart": ({"is_adaptive": False}, "restart"),
    "has it already": ({"vertices": [vertex(2), vertex(1, most=1)]}, "keep"),
    "smaller": ({"vertices": [vertex(4)], "slots_available": 0}, "restart"),
    "exactly the slots there are": ({"slots_available": 1}, "restart"),
    "a slot short": ({"slots_available": 0}, "needs 1 further task slots, and 0 are free"),
    "the highest": ({"wanted": 128, "slots_available": 500}, "restart"),
    "beyond the highest": ({"wanted": 129, "slots_available": 500}, "max_parallelism is 128"),
    "none at all": ({"wanted": 0}, "is no parallelism"),
}


@pytest.mark.parametrize("case", RESCALES)
def test_rescale(case: str) -> None:
    changes, wanted = RESCALES[case]
    asked = RescaleFacts(JobName("minutes"), 2, [vertex(1)], 128, 4, is_adaptive=False)
    decision = plan_rescale(replace(asked, **changes))
    if isinstance(decision, Rescale):
        assert decision.action == wanted
    else:
        assert isinstance(decision, Refusal)
        assert wanted in decision.what


def test_vertex_that_gathers_everything_stays_at_one() -> None:
    assert [target(vertex(1, most=1), 4), target(vertex(1), 4)] == [1, 4]
