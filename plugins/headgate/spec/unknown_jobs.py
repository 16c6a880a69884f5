"""Refusing names that are no jobs: all of them at once, each with the name it may have meant."""

from collections.abc import Collection, Iterable

from headgate.errors import Rejected
from headgate.spec.suggestion import did_you_mean, quoted


def refuse_unknown_jobs(names: Iterable[str], known: Collection[str]) -> None:
    """Raises Rejected if one of the names is unknown."""
    unknown = [name for name in names if name not in known]
    if unknown:
        said = (f"there is no job {quoted(name)}{did_you_mean(name, known)}" for name in unknown)
        raise Rejected(
            "\n".join(said),
            still_true="Nothing was changed.",
            next_step="headgate status lists the jobs; a new one is a folder in flink_jobs/",
        )
