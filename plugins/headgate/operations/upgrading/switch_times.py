"""When one Flink job took the place of another, read off the steps of an operation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from headgate.ids import JobName
from headgate.ledger.records import StepRecord
from headgate.operations.services import Services
from headgate.plan.gap import SwitchTimes, gap_of

_LATEST = 30
_KINDS = ("upgrade", "rollback", "rescale", "deploy")


@dataclass(frozen=True)
class Switch:
    """One switch of an operation. `phase` is empty where the operation has only one."""

    phase: str
    times: SwitchTimes


def switches_of(steps: Sequence[StepRecord]) -> tuple[Switch, ...]:
    """In their order; none for an operation that has ended no job or started none."""
    by_phase: dict[str, dict[str, StepRecord]] = {}
    for step in steps:
        phase, _, name = step.name.rpartition(".")
        by_phase.setdefault(phase, {})[name] = step
    return tuple(_switches(by_phase))


def earlier_gaps(services: Services, job: JobName) -> list[timedelta]:
    """The gaps of this job's own history, the latest first."""
    gaps = []
    for operation in services.ledger.operations(job, _LATEST):
        if operation.kind in _KINDS and operation.state != "running":
            switches = switches_of(services.ledger.steps(operation.id))
            gaps += [gap for one in switches if (gap := gap_of(one.times)) is not None]
    return gaps


def _switches(by_phase: Mapping[str, Mapping[str, StepRecord]]) -> Iterator[Switch]:
    for phase, steps in by_phase.items():
        ended = steps.get("stop") or steps.get("cancel")
        submit, healthy = steps.get("submit"), steps.get("healthy")
        if ended is None or (submit is None and phase == ""):
            continue
        if submit is None or "agree" in steps or phase in ("rehearse", "way_back"):
            # Where two jobs run side by side nothing pauses.
            continue
        found = healthy.evidence if healthy is not None else {}
        yield Switch(
            phase,
            SwitchTimes(
                stop_asked_at=ended.intended_at,
                saved_at=_saved_at(ended),
                submit_asked_at=submit.intended_at,
                started_at=_time(found.get("started_at")),
                restored_at=_time(found.get("restored_at")),
                first_checkpoint_triggered_at=_time(found.get("first_checkpoint_triggered_at")),
                first_checkpoint_at=_time(found.get("first_checkpoint_at")),
            ),
        )


def _saved_at(ended: StepRecord) -> datetime | None:
    """When it was asked to end, where nobody has told when its last savepoint was complete.

    That is earlier, so that a gap is rather told too long than too short.
    """
    if ended.name.endswith("cancel"):
        return ended.intended_at
    taken, milliseconds = ended.evidence.get("taken_at"), ended.evidence.get("duration_ms")
    if taken is None or milliseconds is None:
        return ended.intended_at
    return datetime.fromisoformat(taken) + timedelta(milliseconds=milliseconds)


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
