"""Who has to see to a job, and when people are told."""

from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import JobName
from headgate.plan.health_attention import (
    is_excused,
    is_news,
    needs_attention,
    next_step,
    still_told,
)

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


def test_operation_excuses_for_an_hour() -> None:
    assert not is_excused(None, NOON)
    assert is_excused(NOON - timedelta(minutes=59), NOON)
    assert not is_excused(NOON - timedelta(minutes=60), NOON)


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
        ("unknown", False, None, "headgate ps"),
    ],
)
def test_next_step(state: str, recovered: bool, operation: str | None, step: str) -> None:
    said = next_step(JobName("minutes"), state, is_recovered=recovered, operation=operation)
    assert said == step
