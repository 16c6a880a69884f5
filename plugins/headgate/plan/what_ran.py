"""Which deployment a restart brings back, and under which number."""

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.plan.deploy import Submission


@dataclass(frozen=True)
class Restart:
    """What is submitted again, and as which submission. `note` may be empty."""

    of: Submission
    generation: int
    attempt: int
    note: str = ""


def what_ran(submissions: Sequence[Submission]) -> Restart:
    """The last submission known to have worked; `submissions` are the latest first, not empty.

    It is the next attempt of its generation. Where a later generation never worked, what ran
    before it becomes a generation of its own, so that the latest submission is always the one
    that runs.
    """
    latest = submissions[0]
    of = next((one for one in submissions if one.was_healthy), latest)
    if of.generation == latest.generation:
        return Restart(of, latest.generation, latest.attempt + 1)
    return Restart(
        of,
        latest.generation + 1,
        1,
        f"generation {latest.generation} never became healthy: what ran as generation "
        f"{of.generation} is brought back",
    )
