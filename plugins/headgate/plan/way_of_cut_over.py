"""How a job is cut over to its new version."""

from dataclasses import dataclass
from typing import Literal

Way = Literal["stop and restore", "hand-over"]


@dataclass(frozen=True)
class WayOfCutOver:
    """The way, and why it is this one."""

    way: Way
    reason: str


def way_of_cut_over(*, kind: str) -> WayOfCutOver:
    """Decide. `kind` of the job: sql or python."""
    del kind
    return WayOfCutOver(
        "stop and restore",
        "the job has no gate before its sinks that could split its results between two versions",
    )
