"""Agree upon the instant: up to it the first job publishes, after it the second one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from headgate.clients.flink import JobPicture
from headgate.errors import Indeterminate, Unavailable
from headgate.ledger.records import Json
from headgate.operations.engine.phases import FAILED
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run
from headgate.operations.handing_over.side import Side, as_intent
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.handover import (
    CLOSED,
    Agreed,
    Failed,
    Handover,
    Margins,
    Moved,
    SideView,
    choose_instant,
    is_ahead,
    is_long_past,
    judge,
)

MARGINS = Margins()
Views = tuple[SideView, SideView]
_POLL = timedelta(milliseconds=500)
_SILENT_FOR = timedelta(seconds=40)
"""A cluster that does not answer for so long is taken to have lost the second job."""


class Agree:
    """Evidence: `instant`, in epoch milliseconds, and both jobs.

    `failed` says why there is none; `instant` is None then if the second job can be called off,
    because nothing has been split yet. `repeated` are two bounds: results after the one and up to
    the other may have been published by both, because somebody died between the two files.
    """

    name: ClassVar[str] = "agree"
    title: ClassVar[str] = "Agree upon the instant"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """Both jobs, and from where the first one publishes if it began beside another one."""
        plan, state, live = run.evidence["plan"], run.evidence["state"], live_deployment(run)
        old = as_intent(live.flink_job_id, live.line, state["old_gates"])
        new = as_intent(run.evidence["submit"]["flink_job_id"], plan["line"], state["new_gates"])
        after = Side.of_intent(run, old).given.after
        return {
            "old": old,
            "new": new,
            "old_after": after,
            "deadline_seconds": plan["deadline_seconds"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Choose an instant, see that it is given to both, and judge what their gates say."""
        found = self._look(run, intention)
        return Done({**intention.intent, **found.evidence}) if isinstance(found, Done) else found

    @staticmethod
    def _look(run: Run, intention: Intention) -> Look:
        sides = _sides(run, intention)
        pictures = _pictures(run, intention, *sides)
        if isinstance(pictures, Pending):
            return pictures
        chosen = _chosen(intention.progress)
        old, new = pictures
        if old is None or old.is_terminal:
            return _failed("the live job has ended", None, live_ended=True)
        if new is None or new.is_terminal:
            return _without_second(sides, old)
        views = (sides[0].view(old), sides[1].view(new))
        return _next(intention, sides, views, chosen)

    def act(self, run: Run, intention: Intention) -> None:
        """Give it to both. At the worst moment something is published twice, never by nobody."""
        old, new = _sides(run, intention)
        chosen = _chosen(intention.progress)
        if chosen is None:
            raise AssertionError("an instant is remembered before it is given")
        with _written_again(run):
            if old.given.until is None:
                new.give(chosen.of_new)
                old.give(chosen.of_old)
            else:
                old.give(chosen.of_old)
                new.give(chosen.of_new)


@contextmanager
def _written_again(run: Run) -> Iterator[None]:
    """Results may be split by now: what keeps a file from being written is no end, but waited for.

    Raises Unavailable.
    """
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{run.job}: what its gates let pass cannot be written: {error.strerror}",
            still_true="Both jobs run on.",
            next_step=f"make room for the artefacts, then headgate resume {run.id}",
        ) from error


def _sides(run: Run, intention: Intention) -> tuple[Side, Side]:
    intent = intention.intent
    return Side.of_intent(run, intent["old"]), Side.of_intent(run, intent["new"])


def _pictures(
    run: Run, intention: Intention, old: Side, new: Side
) -> tuple[JobPicture | None, JobPicture | None] | Pending:
    """Of both; the second one's None too where its cluster has been silent for long."""
    first = old.picture()
    try:
        second = new.picture()
    except (Unavailable, Indeterminate) as error:
        now = run.services.clock.now()
        since = datetime.fromisoformat(intention.progress.get("silent_since", now.isoformat()))
        if now - since > _SILENT_FOR:
            return first, None
        progress = {**intention.progress, "silent_since": since.isoformat()}
        return Pending(error.what, _POLL, progress, must_remember=True)
    if "silent_since" in intention.progress:
        # The next silence is another one.
        progress = {**intention.progress}
        del progress["silent_since"]
        return Pending("Flink answers again", timedelta(0), progress, must_remember=True)
    return first, second


def _without_second(sides: tuple[Side, Side], old: JobPicture) -> Look:
    """The second job is lost: called off, unless the first one is too near to the instant.

    That is the one which the first job was given: a later one may only have been remembered.
    """
    first, _ = sides
    reason = "the second job was lost"
    until = first.given.until
    if until is None:
        return _failed(reason, None)
    with suppress(Unavailable, Indeterminate):
        if is_ahead(until, [first.view(old)], MARGINS):
            return _failed(reason, None)
    return _failed(reason, until)


def _choose(intention: Intention, sides: tuple[Side, Side], views: Views) -> Look:
    old, new = views
    found = choose_instant(old, new, MARGINS, old_after=intention.intent["old_after"])
    if isinstance(found, Handover):
        note = f"the instant is {_in_words(found.instant)}"
        return _remember(intention, sides, found, note)
    limit = intention.intent["deadline_seconds"]
    if intention.elapsed.total_seconds() > limit and sides[0].given.until is None:
        return _failed(f"not ready within {limit:.0f} s: {found.reason}", None)
    return Pending(found.reason, _POLL)


def _judged(intention: Intention, sides: tuple[Side, Side], chosen: Handover, views: Views) -> Look:
    found = judge(chosen, *views, MARGINS)
    if isinstance(found, Agreed):
        note = f"results up to {_in_words(found.instant)} come from the first job"
        repeated = _repeated(intention, views[1])
        if repeated is not None:
            note += "; those after {} up to {} may be there twice".format(*map(_in_words, repeated))
        if found.doubt is not None:
            note += f"; {found.doubt}"
        told = {"doubt": found.doubt, "repeated": repeated}
        return Done({"instant": found.instant, **told, "note": note})
    if isinstance(found, Failed):
        return _failed(found.reason, chosen.instant, lost=found.lost, repeated=found.repeated)
    if isinstance(found, Moved):
        return _remember(intention, sides, found.to, found.reason)
    limit = timedelta(seconds=intention.intent["deadline_seconds"])
    if is_long_past(chosen.instant, views, limit):
        return _failed(found.reason, chosen.instant)
    return Pending(found.reason, _POLL)


def _remember(intention: Intention, sides: tuple[Side, Side], to: Handover, note: str) -> Pending:
    """An instant, and the first one from which on the second job was to publish before."""
    told = {"handover": to.to_json(), "told_before": intention.progress.get("told_before")}
    if told["told_before"] is None and sides[1].given != CLOSED:
        told["told_before"] = sides[1].given.after
    return Pending(note, timedelta(0), told, must_remember=True)


def _repeated(intention: Intention, new: SideView) -> tuple[int, int] | None:
    """What the second job may have published by an earlier instant than that which holds."""
    since = intention.progress.get("told_before")
    upto = max((gate.judged_before for gate in new.gates), default=0)
    return None if since is None or upto <= since else (since, upto)


def _is_given(chosen: Handover, sides: tuple[Side, Side]) -> bool:
    old, new = sides
    return (old.given, new.given) == (chosen.of_old, chosen.of_new)


def _next(
    intention: Intention, sides: tuple[Side, Side], views: Views, chosen: Handover | None
) -> Look:
    if chosen is not None and _is_given(chosen, sides):
        return _judged(intention, sides, chosen, views)
    if chosen is not None and is_ahead(chosen.instant, views, MARGINS):
        return Absent()
    if chosen is not None and sides[0].given == chosen.of_old:
        # The first job drops what comes after it: the second one must be seen to have had it.
        return Absent()
    # Whoever chose it may have died before both were told, and it has come near since.
    given = _given_to_both(sides)
    if chosen is not None and given is not None:
        return _judged(intention, sides, replace(chosen, instant=given), views)
    return _choose(intention, sides, views)


def _given_to_both(sides: tuple[Side, Side]) -> int | None:
    """An earlier instant, if it is one."""
    until, after = sides[0].given.until, sides[1].given.after
    return until if until is not None and until == after else None


def _chosen(progress: Mapping[str, Any]) -> Handover | None:
    written = progress.get("handover")
    return None if written is None else replace(Handover(0, 0, 0), **written)


def _failed(reason: str, instant: int | None, **told: object) -> Done:
    return Done({FAILED: reason, "instant": instant, **told, "note": f"failed: {reason}"})


def _in_words(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
