"""Checks of `savepoint:` in `job.yaml`: one schedule, and one that comes due."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from croniter import croniter

from headgate.errors import Finding
from headgate.spec.document import Document
from headgate.spec.job import SavepointPolicy
from headgate.spec.quantities import format_duration

SHORTEST_EVERY = timedelta(seconds=10)
_FIELDS = 5
_BY_CHANCE = re.compile(r"(^|[\s,])[HRhr]($|[\s,/(])")
"""croniter's hashed and random fields."""
_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # a leap year: 29 February comes due


def check_savepoint_policy(document: Document, policy: SavepointPolicy) -> Iterator[Finding]:
    """What is wrong with a savepoint policy that its model cannot see."""
    if policy.every is not None and policy.cron is not None:
        yield document.finding(
            "savepoint: `every` and `cron` exclude each other; keep one of them",
            "savepoint",
            "cron",
        )
    if policy.every is not None and policy.every < SHORTEST_EVERY:
        shortest = format_duration(SHORTEST_EVERY)
        yield document.finding(
            f"savepoint.every: must be at least {shortest}", "savepoint", "every"
        )
    if policy.cron is not None:
        problem = _cron_problem(policy.cron)
        if problem:
            yield document.finding(f"savepoint.cron: {problem}", "savepoint", "cron")
    if policy.max_age is not None and not policy.max_age:
        yield document.finding(
            "savepoint.max_age: must be longer than nothing", "savepoint", "max_age"
        )


def _cron_problem(expression: str) -> str | None:
    if not expression.startswith("@") and len(expression.split()) != _FIELDS:
        return (
            f"{expression!r} must have five fields: minute, hour, day of month, month and day of "
            "week, in UTC; '30 2 * * *' is half past two every night"
        )
    if _BY_CHANCE.search(expression):
        return f"{expression!r} would be due at times that chance decides: write the times out"
    try:
        croniter(expression, _ANY_DAY).get_next(datetime)
    except (ValueError, KeyError, AttributeError) as error:
        return f"{expression!r} is no cron expression that ever comes due: {error}"
    return None
