"""Whether the ledger is as new as what runs: a lost one, or an old copy, must not be acted upon.

Flink job ids are functions of (environment, job, generation, attempt). A live job's id is therefore
found again by trying generations and attempts, and a higher one than the ledger knows shows that
the ledger is older than what runs.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from headgate.ids import EnvironmentName, FlinkJobId, JobName, flink_job_id

GENERATIONS_AHEAD = 200
"""So many generations beyond the ledger's latest are tried."""
ATTEMPTS = 25
"""So many attempts of each generation are tried."""

Number = tuple[int, int]
"""Generation and attempt, in the order in which they are submitted."""


@dataclass(frozen=True)
class LeftState:
    """A snapshot in the job's folders that the ledger does not know.

    Of a retained checkpoint the job id is known, of a savepoint the generation.
    """

    location: str
    made_at: datetime
    flink_job_id: FlinkJobId | None = None
    generation: int | None = None


@dataclass(frozen=True)
class LedgerFacts:
    """All that the verdict rests on."""

    environment: EnvironmentName
    job: JobName
    known: Mapping[FlinkJobId, Number]
    """Submissions that the ledger knows."""
    live: Sequence[FlinkJobId]
    """Jobs of that name that Flink runs."""
    left: Sequence[LeftState] = ()
    newest_known_state: datetime | None = None
    """When the newest snapshot that the ledger knows, or can find, was made."""


@dataclass(frozen=True)
class LedgerAge:
    """What the ledger is, compared with what there is.

    same: it knows what there is as its latest; behind: something later is there; lost: it knows
    nothing of the job; stranger: something runs that no submission explains.
    """

    verdict: Literal["same", "behind", "lost", "stranger"]
    what: str = ""
    generation: int | None = None
    attempt: int | None = None
    """Of what is later than the ledger, where it was recognised."""


def ledger_age(facts: LedgerFacts) -> LedgerAge:
    """Judge from the facts alone."""
    latest = max(facts.known.values(), default=(0, 0))
    ids = {*facts.live, *(state.flink_job_id for state in facts.left if state.flink_job_id)}
    numbers = recognised(facts.environment, facts.job, ids, facts.known)
    strangers = [job for job in facts.live if job not in numbers or numbers[job] != latest]
    unexplained = [job for job in strangers if job not in numbers]
    if unexplained:
        return LedgerAge(
            "stranger",
            f"{facts.job} runs in Flink as {', '.join(unexplained)}, which this environment has "
            "not submitted",
        )
    if strangers:
        return _of_live(facts, latest, {job: numbers[job] for job in strangers})
    if facts.live:
        return LedgerAge("same")
    return _of_left_state(facts, latest, numbers)


def recognised(
    environment: EnvironmentName,
    job: JobName,
    ids: Collection[FlinkJobId],
    known: Mapping[FlinkJobId, Number],
) -> Mapping[FlinkJobId, Number]:
    """Generation and attempt of each id that is one of this job's; the others are left out."""
    found = {one: known[one] for one in ids if one in known}
    wanted = set(ids) - set(found)
    for number in _numbers(max((generation for generation, _ in known.values()), default=0)):
        if not wanted:
            break
        candidate = flink_job_id(environment, job, *number)
        if candidate in wanted:
            wanted.remove(candidate)
            found[candidate] = number
    return found


def _numbers(latest_generation: int) -> Iterator[Number]:
    """Low attempts first: hardly any submission is refused many times."""
    for attempt in range(1, ATTEMPTS + 1):
        for generation in range(1, latest_generation + GENERATIONS_AHEAD + 1):
            yield generation, attempt


def _of_live(facts: LedgerFacts, latest: Number, live: Mapping[FlinkJobId, Number]) -> LedgerAge:
    job, number = max(live.items(), key=lambda item: item[1])
    if not facts.known:
        return LedgerAge(
            "lost",
            f"the ledger knows no deployment of {facts.job}, but {in_words(number)} runs as {job}: "
            "the ledger was lost",
            *number,
        )
    if number > latest:
        return LedgerAge(
            "behind",
            f"the ledger is older than what runs: of {facts.job} {in_words(number)} runs as {job}, "
            f"the ledger knows {in_words(latest)}",
            *number,
        )
    return LedgerAge(
        "stranger",
        f"of {facts.job} {in_words(number)} runs as {job}, although the ledger knows "
        f"{in_words(latest)} as its latest deployment",
        *number,
    )


def _of_left_state(
    facts: LedgerFacts, latest: Number, numbers: Mapping[FlinkJobId, Number]
) -> LedgerAge:
    for state in sorted(facts.left, key=lambda state: state.made_at, reverse=True):
        number = numbers.get(state.flink_job_id) if state.flink_job_id else None
        later = number is not None and number > latest
        later_generation = state.generation is not None and state.generation > latest[0]
        newer_savepoint = state.flink_job_id is None and (
            facts.newest_known_state is None or state.made_at > facts.newest_known_state
        )
        if not facts.known:
            return LedgerAge(
                "lost",
                f"{facts.job} has state in {state.location}, but the ledger knows no deployment of "
                "it: the ledger was lost, or another one has made this state",
                *(number or (None, None)),
            )
        if later or later_generation or newer_savepoint:
            return LedgerAge(
                "behind",
                f"the ledger is older than the state of {facts.job}: it does not know "
                f"{state.location}, which is newer than what it knows",
                *(number or (state.generation, None)),
            )
    return LedgerAge("same")


def in_words(number: Number) -> str:
    """A submission for people: the first attempt of a generation goes without saying."""
    generation, attempt = number
    return f"generation {generation}" + (f", attempt {attempt}" if attempt > 1 else "")
