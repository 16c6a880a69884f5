"""Watching a new version after its health gate: whether it stays healthy for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from headgate.clients.flink.pictures import JobPicture
from headgate.plan.health import records_in
from headgate.plan.in_words import count_in_words, duration_in_words


@dataclass(frozen=True)
class SoakRule:
    """How long it is watched, and how old its newest checkpoint may be in the end."""

    soak: timedelta
    checkpoint_age: timedelta


@dataclass(frozen=True)
class Began:
    """How often it had restarted, and how many checkpoints it had, when the watch began."""

    restarts: int
    completed: int


@dataclass(frozen=True)
class Watched:
    """stable, failed, or not yet either; in words."""

    state: Literal["watching", "stable", "failed"]
    note: str


def watch(
    picture: JobPicture, rule: SoakRule, before: Began, *, elapsed: timedelta, now: datetime
) -> Watched:
    """Judge one look, `elapsed` after the watch began."""
    cause = f": {picture.exceptions[0]}" if picture.exceptions else ""
    if picture.is_terminal:
        return Watched("failed", f"the job has ended as {picture.state}{cause}")
    restarts = picture.restarts if picture.restarts is not None else before.restarts
    if restarts > before.restarts:
        times = count_in_words(restarts - before.restarts, "time")
        return Watched("failed", f"the job has restarted {times} while it was watched{cause}")
    running = sum(vertex.state == "RUNNING" for vertex in picture.vertices)
    checkpoint = picture.checkpoints.latest_completed_at
    age = now - checkpoint if checkpoint is not None else None
    is_too_old = age is None or age > rule.checkpoint_age
    if elapsed > rule.checkpoint_age and is_too_old:
        told = duration_in_words(age) if age is not None else "never"
        return Watched("failed", f"no checkpoint completes any more (the last one: {told} ago)")
    is_checkpointed = picture.checkpoints.completed > before.completed
    if elapsed < rule.soak or not is_checkpointed:
        return Watched("watching", _figures(picture, running, rule, elapsed))
    if running < len(picture.vertices) or not picture.vertices:
        return Watched("failed", f"{running} of {len(picture.vertices)} vertices run{cause}")
    return Watched("stable", _figures(picture, running, rule, elapsed))


def _figures(picture: JobPicture, running: int, rule: SoakRule, elapsed: timedelta) -> str:
    lag = picture.pending_records
    figures = [
        f"{min(elapsed, rule.soak).total_seconds():.0f} of {rule.soak.total_seconds():.0f} s",
        f"{running}/{len(picture.vertices)} vertices",
        count_in_words(picture.checkpoints.completed, "checkpoint"),
        count_in_words(records_in(picture), "record"),
    ]
    if picture.restarts is not None:
        figures.append(count_in_words(picture.restarts, "restart"))
    if lag is not None:
        figures.append(f"{lag:,} still to be read")
    return ", ".join(figures)
