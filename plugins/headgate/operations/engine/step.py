"""What an operation is made of: named steps that say what they intend, look, and act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from headgate.ids import JobName, OperationId
from headgate.ledger.records import Json, LeaseRecord, OperationRecord
from headgate.operations.services import Services

TURN = "turn"
"""Name of the step that only waits for others: when it is done, nothing has happened outside."""


@dataclass(frozen=True)
class Done:
    """The effect is there; `evidence` says how that was seen and what later steps need."""

    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Pending:
    """The effect is on its way: look again later. `progress` is remembered for that look."""

    note: str
    poll_after: timedelta = timedelta(seconds=1)
    progress: Mapping[str, Any] | None = None
    must_remember: bool = False
    """Whether the step comes no further unless `progress` is written. A mere look writes nothing,
    so whoever only looks must then hand over to somebody who may write."""


@dataclass(frozen=True)
class Absent:
    """The effect is certainly not there, so acting makes it once."""


Look = Done | Pending | Absent


@dataclass(frozen=True)
class Run:
    """One operation under way, as its steps see it. `evidence` is by step name.

    `phase` is the part of the operation that the step belongs to, where it has several in which
    the same steps occur.
    """

    operation: OperationRecord
    lease: LeaseRecord
    services: Services
    evidence: Mapping[str, Json]
    phase: str = ""

    @property
    def job(self) -> JobName:
        """The job that the operation is about."""
        return self.operation.job

    @property
    def id(self) -> OperationId:
        """The operation's id."""
        return self.operation.id

    @property
    def scope(self) -> OperationId:
        """What steps derive their ids and folders from: the operation, and within it the phase."""
        return OperationId(f"{self.id}-{self.phase}") if self.phase else self.id


@dataclass(frozen=True)
class Intention:
    """A step as it was written down: its ids and targets, and what the last look remembered."""

    intent: Json
    progress: Json
    elapsed: timedelta
    """Time since the intent was written."""


class Step(Protocol):
    """One effect that can be resumed after a crash at any instant.

    `patience` is how long the step may find a server unreachable before the attempt is given up;
    zero for a step before any effect, where an early error is better than a wait.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def patience(self) -> timedelta: ...  # noqa: D102

    def intend(self, run: Run) -> Json:
        """The ids and targets of the effect, written to the ledger before it."""
        ...

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the effect is there. Only reads; asked before every action and after it."""
        ...

    def act(self, run: Run, intention: Intention) -> None:
        """Make the effect with the intended ids. Called only after `look` said Absent."""
        ...


class OnlyLooks:
    """Base of a step without an effect: `look` finds, decides or refuses, and never says Absent."""

    def intend(self, run: Run) -> Json:
        """Nothing is intended yet."""
        del run
        return {}

    def act(self, run: Run, intention: Intention) -> None:
        """Never called."""


class Operation(Protocol):
    """A lifecycle operation: its kind and its steps, which may depend on what the first saw."""

    kind: ClassVar[str]

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """What is asked for, pinned: the same request again is the same operation.

        Raises:
            Rejected: there is no such job.
            SpecError: the declared files are wrong.

        """
        ...

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """The steps in order. Depends on nothing but recorded evidence, so a resume repeats it."""
        ...


@dataclass(frozen=True)
class End:
    """How an operation ends when all its steps are done."""

    state: Literal["succeeded", "failed", "rolled_back"] = "succeeded"
    reason: str = ""
    next_step: str = ""


@runtime_checkable
class EndsInSeveralWays(Protocol):
    """An operation that may have done all its steps without having done what was asked for."""

    def end(self, evidence: Mapping[str, Json]) -> End:
        """How it has ended, from the evidence of all its steps."""
        ...
