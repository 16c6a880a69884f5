"""Whether results can be lost by a restore, decided from ages alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from headgate.plan.open_transactions import Transactions, possible_loss
from headgate.plan.tables import literal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEN_MINUTES = Transactions(timedelta(minutes=10), timedelta(minutes=1))

AGES = {
    "just taken": (0, False),
    "well within": (300, False),
    "the last second before its transactions end, which began a checkpoint earlier": (539, False),
    "when they end": (540, True),
    "long after": (86_400, True),
    "by a clock that is ahead of ours": (-5, False),
}


@pytest.mark.parametrize("case", AGES)
def test_loss_is_possible_when_the_snapshot_is(case: str) -> None:
    seconds, is_possible = AGES[case]
    said = possible_loss(TEN_MINUTES, NOON - timedelta(seconds=seconds), NOON)
    assert (said is not None) is is_possible


def test_nothing_is_lost_where_no_transaction_was_left_open() -> None:
    assert possible_loss(None, NOON - timedelta(days=9), NOON) is None


def test_loss_is_told_with_age_limit_and_moment() -> None:
    said = possible_loss(TEN_MINUTES, NOON - timedelta(hours=3), NOON)
    assert said is not None
    assert "results may be lost: the snapshot is 3 h old" in said
    assert "after 10 min (transaction_timeout)" in said
    assert "up to 2026-01-01 09:00:00 UTC" in said


def bound(*timeouts: int, interval: str | None = "2000 ms") -> dict[str, Any]:
    """A binding with a source, and a sink for each time-out."""
    option = literal("properties.transaction.timeout.ms")
    sinks = [f"CREATE ... (\n  {option} = {literal(str(timeout))}\n)" for timeout in timeouts]
    submission = {} if interval is None else {"execution.checkpointing.interval": interval}
    tables = [{"name": "t", "ddl": ddl} for ddl in ["CREATE ... ()", *sinks]]
    return {"tables": tables, "submission": submission}


BINDINGS = {
    "one sink": (
        bound(600_000),
        Transactions(timedelta(minutes=10), timedelta(seconds=2)),
    ),
    "the shortest of several": (
        bound(600_000, 20_000),
        Transactions(timedelta(seconds=20), timedelta(seconds=2)),
    ),
    "an interval in other words": (
        bound(20_000, interval="1 min"),
        Transactions(timedelta(seconds=20), timedelta(0)),
    ),
    "no interval": (
        bound(20_000, interval=None),
        Transactions(timedelta(seconds=20), timedelta(0)),
    ),
    "sinks without transactions": (bound(), None),
    "nothing": ({}, None),
}


@pytest.mark.parametrize("case", BINDINGS)
def test_transactions_of_a_binding(case: str) -> None:
    binding, wanted = BINDINGS[case]
    assert Transactions.of_binding(binding) == wanted
