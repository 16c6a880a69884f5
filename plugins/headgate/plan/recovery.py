"""Whether a job may be recovered without a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from headgate.ids import JobName
from headgate.plan.in_words import duration_in_words
from headgate.plan.left_open import HeldBy, is_always_taken_up

MOST_ATTEMPTS = 3
"""So many recoveries in a row may fail before a person is asked."""
COUNTED_FOR = timedelta(hours=24)
MOST_LATELY = 5
"""After so many recoveries within `COUNTED_FOR`, however they ended, a person is asked."""
FIRST_PAUSE = timedelta(minutes=5)
"""Between the first recovery and the second; each further pause is twice the one before."""
_ENDED_ON_PURPOSE = {"FINISHED", "CANCELED"}


@dataclass(frozen=True)
class PastRecovery:
    """How an earlier recovery ended."""

    state: Literal["running", "succeeded", "failed", "rolled_back", "needs_operator"]
    reason: str = ""


@dataclass(frozen=True)
class RecoveryFacts:
    """One job. `health` is its state in the words of the health check.

    `ended_as` is the Flink state in which it has ended, as it was last seen; None while it runs,
    and where it was never seen to have ended. `past` are the recoveries since something last
    brought it back, `lately` how long ago each of the last `COUNTED_FOR` has ended, by whomever and
    however; both the latest first and without one that is open.
    """

    job: JobName
    is_declared: bool
    automatic: bool
    deployment: Literal["intended", "healthy", "stopped", "cancelled", "astray"] | None
    health: str
    held_by: HeldBy | None = None
    """The open operation that holds the job."""
    ended_as: str | None = None
    past: Sequence[PastRecovery] = ()
    lately: Sequence[timedelta] = ()


@dataclass(frozen=True)
class Recoverable:
    """Whether the job is to be recovered now, and why, or why not, in words."""

    is_due: bool
    reason: str


def needs_recovery(facts: RecoveryFacts) -> Recoverable:
    """Whether there is anything to recover, whoever asks.

    A recovery that was left open is brought to its end however the job is. Of a job that is held by
    another operation which was left open, whoever tries is told of it.
    """
    held = facts.held_by
    if facts.deployment is None:
        return Recoverable(is_due=False, reason="it was never deployed")
    if facts.deployment in ("stopped", "cancelled"):
        return Recoverable(is_due=False, reason=f"it was {facts.deployment} on purpose")
    if held is not None and _is_own(held):
        return Recoverable(is_due=True, reason=held.in_words)
    if facts.health not in ("missing", "failing"):
        return Recoverable(is_due=False, reason=f"it is {facts.health}")
    if held is not None and not held.is_left:
        return Recoverable(is_due=False, reason=held.in_words)
    left = f", and {held.in_words}" if held is not None else ""
    return Recoverable(is_due=True, reason=f"it is {facts.health}{left}")


def recoverable(facts: RecoveryFacts) -> Recoverable:
    """Whether the health check may recover the job by itself."""
    needed = needs_recovery(facts)
    if not needed.is_due:
        return needed
    refused = _needs_a_person(facts)
    return Recoverable(is_due=False, reason=refused) if refused else _after_a_pause(facts, needed)


def _after_a_pause(facts: RecoveryFacts, needed: Recoverable) -> Recoverable:
    """What is lost again and again is brought back more and more seldom."""
    count = len(facts.lately)
    if not count or (facts.held_by is not None and _is_own(facts.held_by)):
        return needed
    pause = FIRST_PAUSE * 2 ** (count - 1)
    if facts.lately[0] >= pause:
        return needed
    return Recoverable(
        is_due=False,
        reason=f"{_how_often(count)}; by itself not before {duration_in_words(pause)} have passed "
        f"since the last one (at once: headgate recover {facts.job})",
    )


def _is_own(held: HeldBy) -> bool:
    return held.kind == "recover" and held.is_left


def _how_often(count: int) -> str:
    times = "once" if count == 1 else f"{count} times"
    return f"it was recovered {times} in {duration_in_words(COUNTED_FOR)}"


def _needs_a_person(facts: RecoveryFacts) -> str | None:
    why = next(_reasons_against(facts), None)
    return f"{why} (headgate recover {facts.job})" if why else None


def _reasons_against(facts: RecoveryFacts) -> Iterator[str]:
    if not facts.is_declared:
        yield "it is no longer declared; a person decides"
    if not facts.automatic:
        yield "recovery.automatic is not set in job.yaml"
    held = facts.held_by
    if held is not None and _is_own(held):
        return  # it is gone on with; the deployment that never became healthy is its own
    if held is not None and not is_always_taken_up(held):
        yield f"{held.in_words}; a person decides (headgate operations {held.operation})"
    if facts.deployment in ("intended", "astray"):
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
    if len(facts.lately) >= MOST_LATELY:
        yield f"{_how_often(len(facts.lately))}, which does not help; a person decides"
