"""The same step in several phases of one operation, and steps whose failure is no end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from headgate.errors import HeadgateError, Indeterminate, NeedsOperator, Rejected, Unavailable
from headgate.ledger.records import Json
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run, Step

FAILED = "failed"
"""Key of the evidence of a step that was tried: why it failed, None where it did not."""


@dataclass(frozen=True)
class Within:
    """A step as part of a phase.

    It is written as `phase.name`, and finds evidence of the phase before that of the operation, so
    that steps which follow each other in one operation follow each other in a phase as well. What
    derives ids from `Run.scope` has others in each phase.
    """

    phase: str
    step: Step

    @property
    def name(self) -> str:
        """Unique in the operation."""
        return f"{self.phase}.{self.step.name}"

    @property
    def title(self) -> str:
        """That of the step."""
        return self.step.title

    @property
    def patience(self) -> timedelta:
        """That of the step."""
        return self.step.patience

    def intend(self, run: Run) -> Json:
        """As the step does."""
        return self.step.intend(self._seen(run))

    def look(self, run: Run, intention: Intention) -> Look:
        """As the step does."""
        return self.step.look(self._seen(run), intention)

    def act(self, run: Run, intention: Intention) -> None:
        """As the step does."""
        self.step.act(self._seen(run), intention)

    def _seen(self, run: Run) -> Run:
        return replace(run, phase=self.phase, evidence=evidence_in(run.evidence, self.phase))


@dataclass
class _OneStep:
    """Stands for a step under its own name."""

    step: Step

    @property
    def name(self) -> str:
        """That of the step."""
        return self.step.name

    @property
    def title(self) -> str:
        """That of the step."""
        return self.step.title


@dataclass
class Tried(_OneStep):
    """A step whose failure is evidence that later steps go by, and not the end of the operation.

    Its evidence is that of the step, or its intent with the cause under `failed`. `within` bounds
    how long it may take; a server that cannot be reached for so long is a failure too.
    """

    within: timedelta
    _refused: HeadgateError | None = None

    @property
    def patience(self) -> timedelta:
        """How long the engine bears that a server cannot be reached."""
        return self.within + timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """As the step does."""
        return self.step.intend(run)

    def look(self, run: Run, intention: Intention) -> Look:
        """What the step sees, or why it has failed."""
        is_late = intention.elapsed > self.within
        try:
            look = self.step.look(run, intention)
        except (Rejected, NeedsOperator) as error:
            return _failed(intention, error.what)
        except (Unavailable, Indeterminate) as error:
            if not is_late:
                raise
            return _failed(intention, error.what)
        if isinstance(look, Done):
            return look
        if self._refused is not None:
            return _failed(intention, self._refused.what)
        if is_late:
            note = look.note if isinstance(look, Pending) else "it was not begun"
            return _failed(intention, f"not within {self.within.total_seconds():.0f} s: {note}")
        return look

    def act(self, run: Run, intention: Intention) -> None:
        """As the step does; a refusal is told by the look that follows."""
        try:
            self.step.act(run, intention)
        except (Rejected, NeedsOperator) as error:
            self._refused = error


@dataclass
class LastWay(_OneStep):
    """A step after which there is no other way: what it is refused needs a person."""

    still_true: str
    next_step: str
    _refused: Rejected | None = None

    @property
    def patience(self) -> timedelta:
        """That of the step."""
        return self.step.patience

    def intend(self, run: Run) -> Json:
        """As the step does."""
        try:
            return self.step.intend(run)
        except Rejected as error:
            raise self._needs_a_person(error) from error

    def look(self, run: Run, intention: Intention) -> Look:
        """As the step does. Raises NeedsOperator where that is refused."""
        try:
            look = self.step.look(run, intention)
        except Rejected as error:
            raise self._needs_a_person(error) from error
        if isinstance(look, Absent) and self._refused is not None:
            raise self._needs_a_person(self._refused)
        return look

    def act(self, run: Run, intention: Intention) -> None:
        """As the step does: what a refusal means is told by the look that follows."""
        try:
            self.step.act(run, intention)
        except Rejected as error:
            self._refused = error

    def _needs_a_person(self, error: Rejected) -> NeedsOperator:
        return NeedsOperator(error.what, still_true=self.still_true, next_step=self.next_step)


def within(phase: str, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Steps as parts of a phase."""
    return tuple(Within(phase, step) for step in steps)


def evidence_in(evidence: Mapping[str, Json], phase: str) -> dict[str, Json]:
    """Evidence as a step of the phase finds it."""
    prefix = f"{phase}."
    own = {
        name.removeprefix(prefix): found
        for name, found in evidence.items()
        if name.startswith(prefix)
    }
    return {**evidence, **own}


def why_failed(evidence: Mapping[str, Json], step: str) -> str | None:
    """Why a step that was tried has failed; None where it has not, or was not tried."""
    found = evidence.get(step)
    return None if found is None else found.get(FAILED)


def _failed(intention: Intention, why: str) -> Done:
    first = why.splitlines()[0] if why else "no cause was told"
    return Done({**intention.intent, FAILED: why, "note": f"failed: {first}"})
