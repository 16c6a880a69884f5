"""How a running job gets another parallelism: in place, by a restart, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headgate.clients.flink.pictures import Vertex
from headgate.ids import JobName
from headgate.plan.deploy import Refusal


@dataclass(frozen=True)
class RescaleFacts:
    """All that the decision rests on. `slots_available` are free beside those of the job."""

    job: JobName
    wanted: int
    vertices: Sequence[Vertex]
    max_parallelism: int
    slots_available: int
    is_adaptive: bool


@dataclass(frozen=True)
class Rescale:
    """keep: it has it already; in_place: the scheduler changes it; restart: savepoint and start."""

    action: Literal["keep", "in_place", "restart"]
    reason: str


def plan_rescale(facts: RescaleFacts) -> Rescale | Refusal:
    """Decide from the facts alone."""
    if facts.wanted < 1:
        return Refusal(f"{facts.job}: {facts.wanted} is no parallelism", "give a number from 1 on")
    if facts.wanted > facts.max_parallelism:
        return Refusal(
            f"{facts.job} cannot have parallelism {facts.wanted}: its max_parallelism is "
            f"{facts.max_parallelism}, which is fixed for the life of its state",
            f"headgate rescale {facts.job} {facts.max_parallelism} at most",
        )
    now = max((vertex.parallelism for vertex in facts.vertices), default=0)
    further = facts.wanted - now
    if further > facts.slots_available:
        return Refusal(
            f"{facts.job} has parallelism {now}; {facts.wanted} needs {further} further task "
            f"slots, and {facts.slots_available} are free",
            "give the cluster more slots, or stop another job",
        )
    if all(vertex.parallelism == target(vertex, facts.wanted) for vertex in facts.vertices):
        return Rescale("keep", f"has parallelism {facts.wanted} already")
    if facts.is_adaptive:
        return Rescale("in_place", f"{now} → {facts.wanted}, in place")
    return Rescale(
        "restart", f"{now} → {facts.wanted}, by a savepoint: its scheduler cannot do it in place"
    )


def target(vertex: Vertex, wanted: int) -> int:
    """What a vertex gets of the parallelism of its job: one that gathers everything stays at 1."""
    return min(wanted, vertex.max_parallelism)
