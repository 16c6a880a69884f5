"""The engine: walks an operation's steps, writes intents before effects, looks before it acts.

intend ──► look ──► Absent ──► act ──► look ──► Done ──► next step
  │          │                           │
  └ ledger   └ Done: adopted             └ Pending: the caller waits, then comes again
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from headgate.errors import (
    HeadgateError,
    Indeterminate,
    NeedsOperator,
    Rejected,
    SpecError,
    Unavailable,
)
from headgate.ids import OperationId
from headgate.ledger.errors import LedgerUnavailable, Superseded
from headgate.ledger.records import (
    Json,
    LeaseRecord,
    OperationRecord,
    OperationState,
    StepRecord,
)
from headgate.operations.engine.step import (
    TURN,
    Absent,
    Done,
    End,
    EndsInSeveralWays,
    Intention,
    Look,
    Operation,
    Pending,
    Run,
    Step,
)
from headgate.operations.services import Services
from headgate.plan.left_open import SIGN_OF_LIFE

Phase = Literal["intended", "acting", "acted", "pending", "done", "ended"]


@dataclass(frozen=True)
class Event:
    """One moment of a run, for progress displays. `intended` comes after the ledger's write."""

    operation: OperationId
    job: str
    step: str
    title: str
    phase: Phase
    note: str = ""


Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Waiting:
    """The operation goes on by itself outside; come again after `poll_after`."""

    step: str
    """Title of the step that waits."""
    note: str
    poll_after: timedelta
    name: str = ""
    """Name of the step."""
    elapsed: timedelta = timedelta(0)
    """Since the step was intended."""


Progress = Waiting | OperationRecord


class Engine:
    """Runs one operation for one holder of its lease."""

    def __init__(
        self,
        operation: Operation,
        lease: LeaseRecord,
        services: Services,
        listener: Listener = lambda _event: None,
    ) -> None:
        self._operation = operation
        self._lease = lease
        self._services = services
        self._listener = listener
        self._last_sign = lease.taken_at

    @property
    def operation_id(self) -> OperationId:
        """The operation that is run, which may be one that was joined."""
        return self._lease.operation_id

    def run(self) -> OperationRecord:
        """Advance until the operation has ended, sleeping between looks."""
        while True:
            progress = self.advance()
            if isinstance(progress, OperationRecord):
                return progress
            self._services.clock.sleep(progress.poll_after)

    def advance(self) -> Progress:
        """Do all that can be done now.

        Returns the ended operation's record, or how long to wait before the next call.

        Raises:
            Superseded: somebody else has taken the operation over.
            LedgerUnavailable: how it stands cannot be written; the operation stays open.
            Unavailable, Indeterminate: a server stayed unreachable for longer than the step is
                patient; the operation stays open and the same command resumes it.

        """
        self._show_life()
        try:
            waiting = self._walk()
        except (Superseded, LedgerUnavailable):
            raise
        except NeedsOperator as error:
            return self._end("needs_operator", error)
        except (Rejected, SpecError) as error:
            return self._end("failed", error)
        except Unavailable as error:
            if self._acted_before():
                raise
            return self._end("failed", error)
        return waiting or self._end_well()

    def peek(self) -> Pending | None:
        """Look at the current step without acting or writing; None when there is more to do."""
        for step, run, record in self._open_steps():
            if record is None:
                return None
            look = step.look(run, self._intention(record))
            return look if isinstance(look, Pending) and not look.must_remember else None
        return None

    def _walk(self) -> Waiting | None:
        for step, run, record in self._open_steps():
            written = record or self._intend(step, run)
            try:
                outcome = self._bring_about(step, run, written)
            except (Unavailable, Indeterminate) as error:
                if self._intention(written).elapsed >= step.patience:
                    raise
                outcome = Pending(error.what, timedelta(seconds=2))
            if isinstance(outcome, Pending):
                if outcome.progress is not None:
                    self._services.ledger.note_progress(self._lease, step.name, outcome.progress)
                self._tell(step, "pending", outcome.note)
                elapsed = self._intention(written).elapsed
                return Waiting(step.title, outcome.note, outcome.poll_after, step.name, elapsed)
            self._services.ledger.finish_step(self._lease, step.name, outcome.evidence)
            self._tell(step, "done", str(outcome.evidence.get("note", "")))
        return None

    def _show_life(self) -> None:
        """While one only waits, nothing else tells the others that somebody works on it."""
        now = self._services.clock.now()
        if now - self._last_sign >= SIGN_OF_LIFE:
            self._services.ledger.renew_lease(self._lease)
            self._last_sign = now

    def _open_steps(self) -> "_OpenSteps":
        return _OpenSteps(self._operation, self._lease, self._services)

    def _intend(self, step: Step, run: Run) -> StepRecord:
        ledger = self._services.ledger
        position = len(ledger.steps(run.id))
        ledger.intend_step(self._lease, step.name, position, step.intend(run))
        self._tell(step, "intended")
        return next(record for record in ledger.steps(run.id) if record.name == step.name)

    def _bring_about(self, step: Step, run: Run, record: StepRecord) -> Done | Pending:
        look = step.look(run, self._intention(record))
        if not isinstance(look, Absent):
            return look
        self._tell(step, "acting")
        refused: Rejected | None = None
        try:
            step.act(run, self._intention(record))
        except Rejected as error:
            # A refusal may speak of our own earlier effect ("already exists"): look decides.
            refused = error
        self._tell(step, "acted")
        return self._after_acting(step, step.look(run, self._intention(record)), refused)

    def _after_acting(self, step: Step, look: Look, refused: Rejected | None) -> Done | Pending:
        if isinstance(look, Absent):
            if refused is not None:
                raise refused
            raise Indeterminate(
                f"{step.title}: the effect does not show",
                still_true="It was asked for under its recorded ids.",
                next_step="run the same command again: it looks first",
            )
        return look

    def _intention(self, record: StepRecord) -> Intention:
        elapsed = self._services.clock.now() - record.intended_at
        return Intention(record.intent, record.progress, elapsed)

    def _acted_before(self) -> bool:
        """Whether a step was intended after the first that looks outside, which only reads."""
        steps = self._services.ledger.steps(self._lease.operation_id)
        return sum(step.name != TURN for step in steps) > 1

    def _end_well(self) -> OperationRecord:
        end = End()
        if isinstance(self._operation, EndsInSeveralWays):
            steps = self._services.ledger.steps(self._lease.operation_id)
            end = self._operation.end({step.name: step.evidence for step in steps})
        return self._write_end(end.state, end.reason, end.next_step)

    def _end(
        self, state: Literal["failed", "needs_operator"], error: HeadgateError
    ) -> OperationRecord:
        reason = "\n".join(filter(None, (error.what, error.still_true)))
        return self._write_end(state, reason, error.next_step)

    def _write_end(self, state: OperationState, reason: str, next_step: str) -> OperationRecord:
        ledger = self._services.ledger
        ledger.end_operation(self._lease, state, reason=reason, next_step=next_step)
        ended = ledger.operation(self._lease.operation_id)
        if ended is None:
            raise AssertionError("the ledger has lost an operation that it has just ended")
        self._listener(Event(ended.id, ended.job, "", ended.kind, "ended", state))
        return ended

    def _tell(self, step: Step, phase: Phase, note: str = "") -> None:
        self._listener(
            Event(self._lease.operation_id, self._lease.job, step.name, step.title, phase, note)
        )


class _OpenSteps:
    """The steps not yet done, each with the evidence of those before it."""

    def __init__(self, operation: Operation, lease: LeaseRecord, services: Services) -> None:
        self._operation = operation
        self._lease = lease
        self._services = services

    def __iter__(self) -> "_OpenSteps":
        return self

    def __next__(self) -> tuple[Step, Run, StepRecord | None]:
        ledger = self._services.ledger
        record = ledger.operation(self._lease.operation_id)
        if record is None:
            raise Rejected(f"operation {self._lease.operation_id} is not in the ledger")
        written = {step.name: step for step in ledger.steps(record.id)}
        evidence: Mapping[str, Json] = {
            name: step.evidence for name, step in written.items() if step.state == "done"
        }
        for step in self._operation.steps(evidence):
            if step.name not in evidence:
                run = Run(record, self._lease, self._services, evidence)
                return step, run, written.get(step.name)
        raise StopIteration
