"""How a deployed job is: a decision over one look, and what the looks before have left."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from headgate.clients.flink.pictures import JobPicture
from headgate.plan.health_figures import LATELY, Figures, figures_of
from headgate.plan.health_memory import LookMemory
from headgate.plan.health_trend import growing
from headgate.plan.in_words import count_in_words, duration_in_words
from headgate.plan.restored import restore_of
from headgate.spec.job import JobSpec

FLAPS = 3
"""So many restarts lately, the last of them just now, make a job failing."""
STEADY = timedelta(minutes=3)
"""A job that runs for so long without a restart does not flap any more. Longer than Flink's
longest pause between two restarts, one minute unless told otherwise."""
_CONSECUTIVE_FAILURES = 3
_HIGH_PRESSURE = 500
"""Thousandths of its time from which Flink's own UI calls a vertex's back pressure high."""
_WITHOUT_INTERVAL = timedelta(minutes=2)


@dataclass(frozen=True)
class Limits:
    """From when on a job is not healthy; `health` of job.yaml."""

    checkpoint_age: timedelta = _WITHOUT_INTERVAL
    watermark_lag: timedelta = timedelta(minutes=5)
    input_lag: int = 100_000


@dataclass(frozen=True)
class JobHealth:
    """`reason` says in words why; for a healthy job it is a remark, or empty."""

    state: Literal["healthy", "degraded", "failing", "missing"]
    reason: str
    figures: Figures | None = None


def limits_of(spec: JobSpec | None) -> Limits:
    """The limits that job.yaml sets; Limits() for a job that is no longer declared."""
    if spec is None:
        return Limits()
    age = spec.health.checkpoint_age or 5 * spec.checkpoint_interval + timedelta(seconds=30)
    return Limits(age, spec.health.watermark_lag, spec.health.input_lag)


def health_of(
    picture: JobPicture | None,
    limits: Limits,
    before: LookMemory | None,
    now: datetime,
    *,
    restored_from: str | None = None,
) -> JobHealth:
    """Judge one look. `restored_from` is the snapshot that was asked for at the submission.

    missing: the JobManager does not know the job. failing: it has ended, or it runs and does not
    work. degraded: it works, but not as it should. That a server does not answer is no look.
    """
    if picture is None:
        reason = "Flink does not know the job; its JobManager may have restarted"
        return JobHealth("missing", reason)
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    figures = figures_of(picture, before, now)
    if picture.is_terminal:
        return JobHealth("failing", f"it has ended as {picture.state}{cause}", figures)
    broken = next(_failing(picture, figures, limits, restored_from), None)
    if broken is not None:
        return JobHealth("failing", f"{broken}{cause}", figures)
    wrong = list(_degraded(picture, figures, limits, before))
    if wrong:
        return JobHealth("degraded", "; ".join(wrong), figures)
    return JobHealth("healthy", _remark(figures, cause), figures)


def _failing(
    picture: JobPicture, figures: Figures, limits: Limits, restored_from: str | None
) -> Iterator[str]:
    counts = picture.checkpoints
    restore = restore_of(picture, restored_from) if restored_from is not None else None
    if restore is not None and restore.state == "otherwise":
        yield restore.reason
    if counts.completed == 0 and counts.restored > 1:
        yield f"it was restored {counts.restored} times and never completed a checkpoint"
    if figures.restarts_lately >= FLAPS and _just_now(figures):
        yield f"it restarted {figures.restarts_lately} times in {duration_in_words(LATELY)}"
    if figures.without_checkpoint > limits.checkpoint_age:
        age = duration_in_words(figures.without_checkpoint)
        yield f"{_tasks(picture, figures)}no checkpoint has completed for {age}"


def _degraded(
    picture: JobPicture, figures: Figures, limits: Limits, before: LookMemory | None
) -> Iterator[str]:
    cause = f" ({picture.exceptions[0]})" if picture.exceptions else ""
    if figures.running < figures.vertices or not picture.vertices or picture.state != "RUNNING":
        yield (
            f"{picture.state.lower()}, {figures.running} of {figures.vertices} vertices run{cause}"
        )
        return
    if figures.restarts_lately and not _checkpoint_since_restart(figures):
        yield f"restarted, and no checkpoint has completed since{cause}"
    if figures.restarts_lately >= FLAPS:
        yield f"{_restarted(figures)}, steady since{cause}"
    if figures.failed_in_a_row >= _CONSECUTIVE_FAILURES:
        why = f": {figures.failure}" if figures.failure else ""
        yield f"the last {figures.failed_in_a_row} checkpoints have failed{why}"
    yield from _late(picture, figures, limits, before)
    yield from _slow(figures, limits)
    trend = growing(before.samples) if before is not None else None
    if trend:
        yield trend


def _late(
    picture: JobPicture, figures: Figures, limits: Limits, before: LookMemory | None
) -> Iterator[str]:
    """What the watermark says, but only while records come in: without, it has no cause to move."""
    if not figures.records_since and not figures.input_lag:
        return
    if picture.watermark is None:
        if before is not None and figures.records_since:
            yield "records come in, but no source has given out a watermark"
        return
    lag = figures.watermark_lag
    if lag is None or lag <= limits.watermark_lag:
        return
    moves = before is None or before.watermark is None or picture.watermark > before.watermark
    stands = "" if moves else " and does not move"
    yield f"its watermark is {duration_in_words(lag)} behind{stands}"


def _slow(figures: Figures, limits: Limits) -> Iterator[str]:
    lag = figures.input_lag
    if lag is not None and lag >= limits.input_lag:
        yield f"{count_in_words(lag, 'record')} are still to be read"
    pressed = figures.back_pressured
    if pressed is not None and pressed.per_second >= _HIGH_PRESSURE and lag != 0:
        busy = figures.busiest
        share = f"{pressed.per_second / 10:.0f} % of the time"
        slow = f"; the busiest is {busy.vertex}, {busy.per_second / 10:.0f} %" if busy else ""
        yield f"{pressed.vertex} is back pressured {share}{slow}"


def _remark(figures: Figures, cause: str) -> str:
    if figures.restarts_lately:
        return f"{_restarted(figures)}{cause}"
    return ""


def _restarted(figures: Figures) -> str:
    times = "once" if figures.restarts_lately == 1 else f"{figures.restarts_lately} times"
    ago = f", {duration_in_words(figures.steady_for)} ago" if figures.steady_for else ""
    return f"restarted {times} in {duration_in_words(LATELY)}{ago}"


def _just_now(figures: Figures) -> bool:
    return figures.steady_for is None or figures.steady_for < STEADY


def _checkpoint_since_restart(figures: Figures) -> bool:
    if figures.steady_for is None or figures.checkpoint_age is None:
        return False
    return figures.checkpoint_age < figures.steady_for


def _tasks(picture: JobPicture, figures: Figures) -> str:
    if picture.vertices and figures.running == figures.vertices:
        return ""
    return f"{picture.state.lower()}, {figures.running} of {figures.vertices} vertices run, and "
