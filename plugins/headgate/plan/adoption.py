"""Deciding which entries a ledger gets back, from what Flink runs and what storage holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headgate.ids import FlinkJobId, FlinkLineName, JobName
from headgate.plan.ledger_age import Number, in_words

State = Literal["intended", "healthy", "stopped", "cancelled", "astray"]
"""As the ledger names the states of deployments."""


@dataclass(frozen=True)
class Submitted:
    """A submission that the ledger knows, or of which a copy was kept beside its artefacts."""

    flink_job_id: FlinkJobId
    number: Number
    state: State
    """The later one of what ledger and copy say."""
    ledger_state: State | None
    """None where the ledger does not know the submission."""

    @property
    def had_state(self) -> bool:
        """Whether it was seen to be healthy, so that there is state to be found."""
        return self.state not in ("intended", "astray")


@dataclass(frozen=True)
class LiveJob:
    """A job of that name that Flink runs. `completed`: checkpoints since its start."""

    flink_job_id: FlinkJobId
    line: FlinkLineName
    completed: int


@dataclass(frozen=True)
class UnknownSavepoint:
    """A whole savepoint that the ledger does not know.

    Flink names it by the first six digits of the job's id, headgate puts it into the folder of
    its generation.
    """

    location: str
    generation: int | None
    job_digits: str


@dataclass(frozen=True)
class AdoptionFacts:
    """All that the decision rests on."""

    job: JobName
    submitted: Sequence[Submitted]
    live: Sequence[LiveJob]
    recognised: Mapping[FlinkJobId, Number]
    """Live jobs whose id is one of this environment's."""
    left_checkpoint: Collection[FlinkJobId]
    """Submissions that have left a retained checkpoint."""
    savepoints: Sequence[UnknownSavepoint]
    kept_in: str
    """Where the copies of submissions are, for messages."""


@dataclass(frozen=True)
class Adoption:
    """What is written: states of deployments by id, and the deployment that made each savepoint."""

    deployments: Mapping[FlinkJobId, State]
    savepoints: Mapping[str, FlinkJobId]
    live: FlinkJobId | None
    notes: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether the ledger knows all of it."""
        return not self.deployments and not self.savepoints


@dataclass(frozen=True)
class CannotAdopt:
    """Why a person has to look first."""

    what: str
    next_step: str


def plan_adoption(facts: AdoptionFacts) -> Adoption | CannotAdopt:
    """Decide from the facts alone."""
    refusal = _refused(facts)
    if refusal is not None:
        return refusal
    live = facts.live[0] if facts.live else None
    made_by = {savepoint.location: _maker(facts, savepoint) for savepoint in facts.savepoints}
    savepoints = {location: job for location, job in made_by.items() if job is not None}
    states = {
        one.flink_job_id: _state(one, live, facts.left_checkpoint, set(savepoints.values()))
        for one in facts.submitted
    }
    deployments = {
        one.flink_job_id: states[one.flink_job_id]
        for one in facts.submitted
        if states[one.flink_job_id] != one.ledger_state
    }
    notes = [
        f"{location} was made by no submission that is known; it is left alone: move it away "
        "if it is of no use"
        for location, job in made_by.items()
        if job is None
    ]
    return Adoption(deployments, savepoints, live.flink_job_id if live else None, notes)


def _refused(facts: AdoptionFacts) -> CannotAdopt | None:
    if len(facts.live) > 1:
        jobs = ", ".join(_in_words(facts, live) for live in facts.live)
        return CannotAdopt(
            f"{len(facts.live)} Flink jobs of the name {facts.job} run: {jobs}",
            "end the one that should not run in the Flink UI (the later one has the newer "
            f"state), then headgate adopt {facts.job}",
        )
    latest = max((one.number for one in facts.submitted), default=None)
    for live in facts.live:
        numbers = {one.flink_job_id: one.number for one in facts.submitted}
        number = numbers.get(live.flink_job_id)
        if live.flink_job_id not in facts.recognised and number is None:
            return CannotAdopt(
                f"{facts.job} runs as {live.flink_job_id} on Flink {live.line}, which this "
                "environment has not submitted",
                "use the environment that has started it, or end it in the Flink UI",
            )
        if number is None:
            return CannotAdopt(
                f"{facts.job} runs as {_in_words(facts, live)}, but the copy of that submission "
                f"is not in {facts.kept_in}: what it runs from is not known",
                f"restore that folder, then headgate adopt {facts.job}; without it: cancel the job "
                f"in the Flink UI, keep its checkpoint, and headgate deploy {facts.job} "
                "--start-empty begins anew",
            )
        if latest is not None and number < latest:
            return CannotAdopt(
                f"{facts.job} runs as {_in_words(facts, live)}, although {in_words(latest)} was "
                "submitted later",
                f"end it in the Flink UI, keeping its checkpoint, then headgate deploy {facts.job}",
            )
    if not facts.submitted:
        return CannotAdopt(
            f"nothing of {facts.job} was found: no Flink job of that name runs, and no submission "
            f"was kept in {facts.kept_in}",
            "check the name and the environment; restore the ledger if the job did run",
        )
    return None


def _in_words(facts: AdoptionFacts, live: LiveJob) -> str:
    number = facts.recognised.get(live.flink_job_id)
    told = in_words(number) if number else "not submitted by this environment"
    return f"{live.flink_job_id} ({told}, Flink {live.line})"


def _maker(facts: AdoptionFacts, savepoint: UnknownSavepoint) -> FlinkJobId | None:
    """The latest submission of its generation whose id begins as the savepoint is named."""
    makers = [
        one
        for one in facts.submitted
        if one.number[0] == savepoint.generation
        and savepoint.job_digits
        and one.flink_job_id.startswith(savepoint.job_digits)
    ]
    return max(makers, key=lambda one: one.number).flink_job_id if makers else None


def _state(
    one: Submitted,
    live: LiveJob | None,
    left_checkpoint: Collection[FlinkJobId],
    with_savepoint: Collection[FlinkJobId],
) -> State:
    if one.state == "astray":
        return one.state
    if live is not None and one.flink_job_id == live.flink_job_id:
        return "healthy" if one.had_state or live.completed else "intended"
    if one.ledger_state in ("stopped", "cancelled"):
        return one.ledger_state
    # A stop with a savepoint removes the retained checkpoints of the job, any other end keeps them.
    if one.flink_job_id in left_checkpoint:
        return one.state if one.ledger_state else "cancelled"
    if one.flink_job_id in with_savepoint:
        return "stopped"
    return "healthy" if one.had_state else "intended"
