"""Whether a job may be recovered without a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from headgate.ids import JobName

MOST_ATTEMPTS = 3
"""So many recoveries in a row may fail before a person is asked."""
_ENDED_ON_PURPOSE = {"FINISHED", "CANCELED"}


@dataclass(frozen=True)
class PastRecovery:
    """How an earlier recovery ended."""

    state: Literal["running", "succeeded", "failed", "rolled_back", "needs_operator"]
    reason: str = ""


@dataclass(frozen=True)
class RecoveryFacts:
    """One job. `health` is its state in the words of the health check.

    `ended_as` is the Flink state in which it has ended, None while it runs or when Flink knows
    nothing of it. `past` are the recoveries since it was last healthy, the latest first.
    """

    job: JobName
    is_declared: bool
    automatic: bool
    deployment: Literal["intended", "healthy", "stopped", "cancelled"] | None
    health: str
    under_way: str | None = None
    """Kind and id of the operation that holds the job."""
    ended_as: str | None = None
    past: Sequence[PastRecovery] = ()


@dataclass(frozen=True)
class Recoverable:
    """Whether the job is to be recovered now, and why, or why not, in words."""

    is_due: bool
    reason: str


def needs_recovery(facts: RecoveryFacts) -> Recoverable:
    """Whether there is anything to recover, whoever asks."""
    if facts.deployment is None:
        return Recoverable(is_due=False, reason="it was never deployed")
    if facts.deployment in ("stopped", "cancelled"):
        return Recoverable(is_due=False, reason=f"it was {facts.deployment} on purpose")
    if facts.health not in ("missing", "failing"):
        return Recoverable(is_due=False, reason=f"it is {facts.health}")
    if facts.under_way is not None:
        return Recoverable(is_due=False, reason=f"{facts.under_way} is under way")
    return Recoverable(is_due=True, reason=f"it is {facts.health}")


def recoverable(facts: RecoveryFacts) -> Recoverable:
    """Whether the health check may recover the job by itself."""
    needed = needs_recovery(facts)
    if not needed.is_due:
        return needed
    refused = _needs_a_person(facts)
    return Recoverable(is_due=False, reason=refused) if refused else needed


def _needs_a_person(facts: RecoveryFacts) -> str | None:
    why = next(_reasons_against(facts), None)
    return f"{why} (headgate recover {facts.job})" if why else None


def _reasons_against(facts: RecoveryFacts) -> Iterator[str]:
    if not facts.is_declared:
        yield "it is no longer declared; a person decides"
    if not facts.automatic:
        yield "recovery.automatic is not set in job.yaml"
    if facts.deployment == "intended":
        yield "its last deployment never became healthy; a person decides"
    if facts.ended_as in _ENDED_ON_PURPOSE:
        yield (
            f"it has ended as {facts.ended_as} outside of headgate, perhaps on purpose; a person "
            "decides"
        )
    if facts.past and facts.past[0].state == "needs_operator":
        yield f"the last recovery asks for a person: {facts.past[0].reason}"
    failed = [one for one in facts.past if one.state == "failed"]
    if len(failed) >= MOST_ATTEMPTS:
        yield (
            f"{len(failed)} recoveries in a row have failed, the last one because: "
            f"{failed[0].reason}"
        )
