"""Who has to see to a job, and when people are told."""

from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import JobName
from headgate.plan.health_attention import (
    blocks,
    is_excused,
    is_news,
    needs_attention,
    news_of,
    next_step,
    still_told,
)
from headgate.plan.left_open import HeldBy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "minutes", "needs"),
    [
        ("healthy", 0, False),
        ("degraded", 600, False),
        ("stopped", 600, False),
        ("not deployed", 600, False),
        ("failing", 0, True),
        ("missing", 0, True),
        ("unknown", 0, False),
        ("unknown", 14, False),
        ("unknown", 15, True),
    ],
)
def test_attention(state: str, minutes: int, needs: bool) -> None:
    assert needs_attention(state, NOON - timedelta(minutes=minutes), NOON) is needs


def test_told_through_a_life() -> None:
    """What is told, look by look, where people are told of failing and missing jobs only."""
    told, said = "", []
    life = "healthy failing failing degraded failing missing unknown missing healthy failing"
    for state in life.split():
        if needs_attention(state, NOON, NOON) and is_news(state, told):
            said.append(state)
            told = state
        told = still_told(state, told)
    assert said == ["failing", "missing", "failing"]


def held(kind: str, *, left: bool) -> HeldBy:
    return HeldBy(kind, "op-1", left)


def minutes(ago: int) -> datetime:
    return NOON - timedelta(minutes=ago)


def test_operation_excuses_for_an_hour_and_no_longer_than_somebody_works_on_it() -> None:
    deploy = held("deploy", left=False)
    assert not is_excused(None, None, NOON)
    assert is_excused(deploy, minutes(59), NOON)
    assert not is_excused(deploy, minutes(60), NOON)
    assert not is_excused(held("deploy", left=True), minutes(11), NOON)


def test_operation_that_was_left_open_blocks_its_job_unless_a_schedule_takes_it_up() -> None:
    assert blocks(held("deploy", left=True), minutes(11), NOON)
    assert not blocks(held("deploy", left=False), minutes(11), NOON)
    assert not blocks(held("savepoint", left=True), minutes(59), NOON)
    assert blocks(held("savepoint", left=True), minutes(60), NOON), "no schedule runs"
    assert not blocks(None, None, NOON)


def test_people_are_told_once_of_what_blocks_a_healthy_job() -> None:
    told, said = "", []
    for one in (None, held("deploy", left=True), held("deploy", left=True), None):
        news, is_blocked = news_of("healthy", NOON, NOON, one), one is not None
        if is_blocked and is_news(news, told):
            said.append(news)
            told = news
        told = still_told("healthy", told, is_blocked=is_blocked)
    assert said == ["op-1 left open"]
    assert told == ""


@pytest.mark.parametrize(
    ("state", "recovered", "operation", "step"),
    [
        ("missing", False, None, "headgate recover minutes"),
        ("missing", True, None, "nothing yet: it is recovered now"),
        (
            "failing",
            False,
            None,
            "headgate status minutes; mend the cause, then headgate recover minutes",
        ),
        ("failing", False, "op-1", "headgate operations op-1"),
        ("missing", True, "op-1", "nothing yet: it is recovered now"),
        ("unknown", False, None, "headgate ps"),
    ],
)
def test_next_step(state: str, recovered: bool, operation: str | None, step: str) -> None:
    said = next_step(JobName("minutes"), state, is_recovered=recovered, operation=operation)
    assert said == step
