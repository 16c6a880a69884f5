"""The hand-over of a running job: at which instant results change over, and when that holds.

The old and the new job run side by side, each with a gate before every sink. The old one publishes
results whose bound is up to an instant H, the new one those after it. Until H is published the old
gate is open and the new one closed. Instants are epoch milliseconds of event time.

Both gates must judge by H before either job has a result beyond it. Each gate tells the greatest
bound that it had judged when its bounds changed, so that this is seen and not guessed from
watermarks, which are looked at some time after they were true.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from headgate.clients.flink.gate_calls import GatePicture
from headgate.plan.tables import milliseconds

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Bounds:
    """What a gate lets pass: results with `after < bound <= until`; None is open at that end."""

    after: int | None = None
    until: int | None = None

    def to_text(self) -> str:
        """The file that the gate reads."""
        ends = (("after", self.after), ("until", self.until))
        return "".join(f"{name}={value}\n" for name, value in ends if value is not None)

    @classmethod
    def of_text(cls, text: str) -> Self:
        """What `to_text` wrote."""
        named = (line.partition("=") for line in text.splitlines() if line)
        return cls(**{name: int(value) for name, _, value in named})


OPEN = Bounds()
CLOSED = Bounds(after=_GREATEST)


@dataclass(frozen=True)
class SideView:
    """One look at one of the two jobs."""

    is_running: bool
    watermark: int | None
    restarts: int | None
    gates: Sequence[GatePicture]
    gates_expected: int
    """One for each sink and instance of it."""


@dataclass(frozen=True)
class Handover:
    """An instant that was published, and how often each job had restarted when it was chosen."""

    instant: int
    old_restarts: int
    new_restarts: int
    old_after: int | None = None
    """From where the old job publishes, if it began beside another one itself."""

    def to_json(self) -> dict[str, Any]:
        """For the ledger."""
        return asdict(self)

    @property
    def of_old(self) -> Bounds:
        """What the old job's gates are given."""
        return Bounds(self.old_after, self.instant)

    @property
    def of_new(self) -> Bounds:
        """What the new job's gates are given."""
        return Bounds(after=self.instant)


@dataclass(frozen=True)
class Margins:
    """How far apart things must be.

    `ahead` is longer than a watermark takes to be looked at, H to be written, read by the gates
    and seen to be read. `guard` is what must be left of it for H to be moved once more.
    """

    ahead: timedelta = timedelta(seconds=20)
    guard: timedelta = timedelta(seconds=5)
    apart: timedelta = timedelta(seconds=10)
    """The watermarks of two jobs that have caught up differ by no more than this."""


@dataclass(frozen=True)
class NotYet:
    """Why there is nothing to do but to look again."""

    reason: str


@dataclass(frozen=True)
class Moved:
    """H is not agreed upon and is near: a later one takes its place, before either reaches it.

    It is given to the old job first: so results are at worst published twice, never by nobody.
    """

    to: Handover
    reason: str


@dataclass(frozen=True)
class Agreed:
    """Every gate judges by H and had judged nothing beyond it before; this holds for good."""

    instant: int
    doubt: str | None = None
    """What was not seen. A job that restarts forgets what it had judged; one that was back only
    when H had passed is taken to have been before it, because H was well ahead when it was chosen
    and no gate judges by bounds that it read more than a second ago."""


@dataclass(frozen=True)
class Failed:
    """A job has gone beyond H before its gates knew of it: a person must see to the results."""

    reason: str
    lost: tuple[int, int] | None = None
    """Results with bounds after the one and up to the other may have been published by nobody."""
    repeated: tuple[int, int] | None = None
    """The same, published by both."""


def choose_instant(
    old: SideView,
    new: SideView,
    margins: Margins,
    *,
    old_after: int | None = None,
) -> Handover | NotYet:
    """H for two jobs that are ready for it: whole seconds, ahead of all that either has judged."""
    reason = _not_ready("old", old) or _not_ready("new", new)
    if reason is not None:
        return NotYet(reason)
    marks = [side.watermark for side in (old, new) if side.watermark is not None]
    apart = max(marks) - min(marks)
    if apart > milliseconds(margins.apart):
        behind = "new" if new.watermark == min(marks) else "old"
        return NotYet(f"the {behind} job is {apart / 1000:.1f} s behind the other one")
    return _ahead(old, new, margins, old_after)


def judge(
    handover: Handover, old: SideView, new: SideView, margins: Margins
) -> NotYet | Moved | Agreed | Failed:
    """What is to be done about an instant that was published to both jobs."""
    stands = {
        "old": _stand(old, handover.of_old, handover.instant, handover.old_restarts, margins),
        "new": _stand(new, handover.of_new, handover.instant, handover.new_restarts, margins),
    }
    if "too late" in stands.values():
        return _failed(handover, old, new)
    waiting = " and ".join(name for name, stand in stands.items() if stand == "waiting")
    if not waiting:
        unseen = " and ".join(name for name, stand in stands.items() if stand == "unseen")
        doubt = f"the {unseen} job restarted while the instant came and passed" if unseen else None
        return Agreed(handover.instant, doubt)
    reached = max(_reached(old), _reached(new))
    if reached >= handover.instant:
        # What has gone by cannot be moved, but gates that take up H late still tell the truth.
        return NotYet(f"the instant has passed; it is not seen yet what the {waiting} job did")
    if handover.instant - reached > milliseconds(margins.guard):
        return NotYet(f"the {waiting} job has not taken up the instant yet")
    reason = _not_ready("old", old) or _not_ready("new", new)
    if reason is not None:
        return NotYet(reason)
    later = _ahead(old, new, margins, handover.old_after)
    return Moved(later, f"the {waiting} job did not take up the instant in time")


def may_be_called_off(instant: int | None, old: SideView, new: SideView, margins: Margins) -> bool:
    """Whether all can still be as if nothing had been: neither job is near H.

    Then the old gates are opened first, and when they are, the new ones are closed.
    """
    return instant is None or is_ahead(instant, (old, new), margins)


def is_ahead(instant: int, views: Sequence[SideView], margins: Margins) -> bool:
    """Whether H is well ahead of all that any of these jobs has judged."""
    return instant - max(map(_reached, views)) > milliseconds(margins.guard)


def is_long_past(instant: int, views: Sequence[SideView], by: timedelta) -> bool:
    """Whether a job has gone on for so long that one which is not there by now will not come."""
    return max(map(_reached, views)) - instant > milliseconds(by)


def has_passed(instant: int, side: SideView) -> bool:
    """Whether no result up to H is still to come out of a job's windows."""
    return side.watermark is not None and side.watermark >= instant


def may_be_stopped(newest_when_passed: datetime | None, completed: Sequence[datetime]) -> bool:
    """Whether all of the old job's results up to H are committed.

    `newest_when_passed` is when the newest checkpoint had been triggered that was known at the
    look which saw the watermark beyond H; `completed` when those completed since were, savepoints
    left out: they commit nothing. Both are the JobManager's times. A checkpoint triggered later
    runs behind that watermark through the whole job.
    """
    return any(newest_when_passed is None or at > newest_when_passed for at in completed)


def _not_ready(name: str, side: SideView) -> str | None:
    if not side.is_running:
        return f"the {name} job is not running"
    if side.watermark is None:
        return f"the {name} job has no watermark yet"
    if len(side.gates) < side.gates_expected:
        return f"{len(side.gates)} of {side.gates_expected} gates of the {name} job are to be seen"
    return None


def _ahead(old: SideView, new: SideView, margins: Margins, old_after: int | None) -> Handover:
    instant = max(_reached(old), _reached(new)) + milliseconds(margins.ahead)
    instant += -instant % milliseconds(_SECOND)
    return Handover(instant, old.restarts or 0, new.restarts or 0, old_after)


def _stand(
    side: SideView, bounds: Bounds, instant: int, restarts: int, margins: Margins
) -> Literal["agreed", "waiting", "too late", "unseen"]:
    """How one job stands to H.

    One that has restarted since H was chosen goes on from a checkpoint, beyond which nothing of
    it is published, and reads its bounds before its first result; while it is well before H it
    was so at the checkpoint.
    """
    if any(has_bounds(gate, bounds) and gate.judged_before > instant for gate in side.gates):
        return "too late"
    is_whole = side.is_running and len(side.gates) >= side.gates_expected
    if not is_whole or not all(has_bounds(gate, bounds) for gate in side.gates):
        return "waiting"
    left = instant - _reached(side)
    if (side.restarts or 0) == restarts or left > milliseconds(margins.guard):
        return "agreed"
    return "unseen" if left <= 0 else "waiting"


def has_bounds(gate: GatePicture, bounds: Bounds) -> bool:
    """Whether an instance of a gate judges by these bounds."""
    after = _LEAST if bounds.after is None else bounds.after
    until = _GREATEST if bounds.until is None else bounds.until
    return (gate.after, gate.until) == (after, until)


def _reached(side: SideView) -> int:
    """How far a job has come, as far as is known."""
    return max(_LEAST, side.watermark or _LEAST, *(gate.judged for gate in side.gates))


def _failed(handover: Handover, old: SideView, new: SideView) -> Failed:
    instant = handover.instant
    late_old = _late(old, handover.of_old, instant)
    late_new = _late(new, handover.of_new, instant)
    late = " and ".join(
        name for name, upto in (("old", late_old), ("new", late_new)) if upto is not None
    )
    return Failed(
        f"the {late} job was beyond the instant before its gates knew of it",
        # The new job was closed, and dropped what the old one no longer published.
        lost=None if late_new is None else (instant, late_new),
        # The old one was open, and published what the new one was to publish.
        repeated=None if late_old is None else (instant, late_old),
    )


def _late(side: SideView, bounds: Bounds, instant: int) -> int | None:
    late = [gate.judged_before for gate in side.gates if has_bounds(gate, bounds)]
    return max((bound for bound in late if bound > instant), default=None)
