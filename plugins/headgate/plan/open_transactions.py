"""Whether results can be lost by a restore, because Kafka has ended the transactions they were in.

A checkpoint is complete when the sink has written its results, and they are committed right after
that. A job that ends in between leaves them in open transactions, which the next start commits.
Kafka ends a transaction that stays open for longer than `transaction.timeout.ms`; its results are
gone then, and no restore brings them back, for their records count as read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from headgate.plan.in_words import duration_in_words

_TIMEOUT = re.compile(r"'properties\.transaction\.timeout\.ms' = '(\d+)'")
_INTERVAL = re.compile(r"(\d+) ms")


@dataclass(frozen=True)
class Transactions:
    """Of one submission: how long they may stay open, and how often they are committed."""

    timeout: timedelta
    checkpoint_interval: timedelta

    @classmethod
    def of_binding(cls, binding: Mapping[str, Any]) -> Self | None:
        """Read from what a job was submitted with; None where its sinks use no transactions."""
        timeouts = [
            int(found)
            for table in binding.get("tables", ())
            for found in _TIMEOUT.findall(table["ddl"])
        ]
        if not timeouts:
            return None
        interval = _INTERVAL.fullmatch(
            binding.get("submission", {}).get("execution.checkpointing.interval", "")
        )
        return cls(
            timedelta(milliseconds=min(timeouts)),
            timedelta(milliseconds=int(interval[1]) if interval else 0),
        )


def possible_loss(
    transactions: Transactions | None, taken_at: datetime, now: datetime
) -> str | None:
    """What to say before a snapshot is restored; None while nothing can be lost.

    `transactions` is None where the job left none open: it was stopped, or uses none. Those of a
    snapshot were begun one checkpoint earlier.
    """
    if transactions is None:
        return None
    age = now - taken_at
    if age + transactions.checkpoint_interval < transactions.timeout:
        return None
    return (
        f"results may be lost: the snapshot is {duration_in_words(age)} old, and Kafka ends "
        f"transactions after {duration_in_words(transactions.timeout)} (transaction_timeout); if "
        "the job ended before it had committed the results of this snapshot, they are gone: "
        f"compare the results up to {taken_at:%Y-%m-%d %H:%M:%S} UTC with the input"
    )
