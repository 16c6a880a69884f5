"""A ledger that is older than what there is, told from the ids alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import EnvironmentName, FlinkJobId, JobName, flink_job_id
from headgate.plan.ledger_age import (
    ATTEMPTS,
    GENERATIONS_AHEAD,
    LedgerAge,
    LedgerFacts,
    LeftState,
    Number,
    ledger_age,
)
from hypothesis import given, settings
from hypothesis import strategies as st

ENVIRONMENT, JOB = EnvironmentName("local"), JobName("device-minutes")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def job_id(generation: int, attempt: int = 1) -> FlinkJobId:
    return flink_job_id(ENVIRONMENT, JOB, generation, attempt)


def facts(
    known: list[Number], live: list[FlinkJobId], left: list[LeftState] | None = None
) -> LedgerFacts:
    numbers = {job_id(*number): number for number in known}
    return LedgerFacts(ENVIRONMENT, JOB, numbers, live, left or [])


def checkpoint(owner: FlinkJobId, at: datetime = NOON) -> LeftState:
    return LeftState(f"file:/checkpoints/{owner}/chk-7", at, owner)


def savepoint(generation: int, at: datetime = NOON) -> LeftState:
    return LeftState(f"file:/savepoints/g{generation}/x/savepoint-1", at, generation=generation)


def test_ledger_that_knows_what_runs_is_the_same() -> None:
    assert ledger_age(facts([(1, 1), (2, 1)], [job_id(2)])) == LedgerAge("same")


def test_new_job_of_which_nothing_is_there_is_the_same() -> None:
    assert ledger_age(facts([], [])).verdict == "same"


def test_later_generation_that_runs_shows_an_older_ledger() -> None:
    age = ledger_age(facts([(4, 1), (5, 1)], [job_id(7)]))
    assert (age.verdict, age.generation, age.attempt) == ("behind", 7, 1)
    assert "generation 7 runs" in age.what
    assert "the ledger knows generation 5" in age.what


def test_later_attempt_of_the_same_generation_shows_an_older_ledger() -> None:
    age = ledger_age(facts([(5, 1)], [job_id(5, 3)]))
    assert (age.verdict, age.generation, age.attempt) == ("behind", 5, 3)
    assert "generation 5, attempt 3" in age.what


def test_own_job_that_an_empty_ledger_does_not_know_shows_a_lost_one() -> None:
    age = ledger_age(facts([], [job_id(3, 2)]))
    assert (age.verdict, age.generation, age.attempt) == ("lost", 3, 2)


@pytest.mark.parametrize("known", [[], [(1, 1)]])
def test_id_of_another_environment_is_a_stranger(known: list[Number]) -> None:
    foreign = flink_job_id(EnvironmentName("other"), JOB, 1, 1)
    age = ledger_age(facts(known, [foreign]))
    assert age.verdict == "stranger"
    assert foreign in age.what


def test_earlier_submission_beside_the_latest_is_a_stranger() -> None:
    age = ledger_age(facts([(1, 1), (2, 1)], [job_id(2), job_id(1)]))
    assert (age.verdict, age.generation) == ("stranger", 1)


def test_later_one_beside_the_latest_is_told_first() -> None:
    assert ledger_age(facts([(1, 1)], [job_id(1), job_id(2)])).verdict == "behind"


@settings(deadline=None)
@given(st.integers(1, GENERATIONS_AHEAD), st.integers(1, ATTEMPTS), st.integers(0, 3))
def test_every_submission_in_reach_is_recognised(ahead: int, attempt: int, known: int) -> None:
    numbers = [(generation, 1) for generation in range(1, known + 1)]
    age = ledger_age(facts(numbers, [job_id(known + ahead, attempt)]))
    assert (age.generation, age.attempt) == (known + ahead, attempt)
    assert age.verdict == ("behind" if known else "lost")


def test_checkpoint_of_a_later_submission_shows_an_older_ledger() -> None:
    age = ledger_age(facts([(5, 1)], [], [checkpoint(job_id(7))]))
    assert (age.verdict, age.generation) == ("behind", 7)


def test_checkpoint_that_nobody_recognises_beside_a_known_job_is_passed_over() -> None:
    assert ledger_age(facts([(5, 1)], [], [checkpoint(FlinkJobId("f" * 32))])).verdict == "same"


@pytest.mark.parametrize("left", [checkpoint(job_id(2)), savepoint(2), checkpoint(FlinkJobId("f"))])
def test_state_that_an_empty_ledger_does_not_know_shows_a_lost_one(left: LeftState) -> None:
    age = ledger_age(facts([], [], [left]))
    assert age.verdict == "lost"
    assert left.location in age.what


def test_savepoint_of_a_later_generation_shows_an_older_ledger() -> None:
    known = replace(facts([(5, 1)], [], [savepoint(6, NOON - HOUR)]), newest_known_state=NOON)
    age = ledger_age(known)
    assert (age.verdict, age.generation) == ("behind", 6)


@pytest.mark.parametrize(("hours", "verdict"), [(1, "behind"), (-1, "same")])
def test_unknown_savepoint_counts_when_it_is_newer_than_all_known_state(
    hours: int, verdict: str
) -> None:
    left = [savepoint(5, NOON + hours * HOUR)]
    assert (
        ledger_age(replace(facts([(5, 1)], [], left), newest_known_state=NOON)).verdict == verdict
    )
