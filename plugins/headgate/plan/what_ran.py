"""Which deployment a restart brings back, and under which number."""

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.clients.flink.pictures import JobPicture
from headgate.plan.deploy import Submission
from headgate.plan.restored import restore_of


@dataclass(frozen=True)
class Restart:
    """What is submitted again, and as which submission. `note` may be empty."""

    of: Submission
    generation: int
    attempt: int
    note: str = ""


def has_worked(picture: JobPicture, restored_from: str | None) -> bool:
    """Whether a job that lives has shown that it works: it has completed a checkpoint.

    `restored_from` is the snapshot that it was told to restore.
    """
    if not picture.checkpoints.completed:
        return False
    return restored_from is None or restore_of(picture, restored_from).state == "as asked"


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
