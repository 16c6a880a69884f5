"""The figures of one look at a running job, and what became of them since the look before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from headgate.clients.flink.pictures import JobPicture, TaskTime, Vertex
from headgate.plan.health_memory import LookMemory

LATELY = timedelta(minutes=10)
"""Restarts that are longer ago than this are no sign of trouble now."""
_ENOUGH_TIME = timedelta(seconds=2)
"""Task time below which a share of it says nothing."""


@dataclass(frozen=True)
class Load:
    """How much of its time a vertex spends in one way, in thousandths: milliseconds a second."""

    vertex: str
    per_second: int


@dataclass(frozen=True)
class Figures:
    """None stands for what could not be seen."""

    running: int
    vertices: int
    checkpoint_age: timedelta | None
    """Since the last completed checkpoint."""
    without_checkpoint: timedelta
    """The same, or since the start where none has completed."""
    checkpoint_duration: timedelta | None
    state_bytes: int | None
    failed_in_a_row: int
    """Checkpoints that failed after the last one that completed."""
    failure: str
    """Why the last of them failed."""
    watermark_lag: timedelta | None
    input_lag: int | None
    records: int
    records_since: int | None
    """Records read since the look before; None at the first look, or after a restart."""
    restarts_lately: int
    steady_for: timedelta | None
    """Since the last failure; None where there was none lately."""
    back_pressured: Load | None
    """The vertex that waits most for those behind it."""
    busiest: Load | None


def figures_of(picture: JobPicture, before: LookMemory | None, now: datetime) -> Figures:
    """The figures of this look."""
    latest = picture.checkpoints.latest_completed_at
    whole = [one for one in picture.history if one.state == "completed" and not one.is_savepoint]
    ended = [one for one in picture.history if one.state != "in progress" and not one.is_savepoint]
    failed = list(takewhile(lambda one: one.state == "failed", ended))
    records = sum(vertex.records_read for vertex in picture.vertices if vertex.is_source)
    since = records - before.records if before is not None else None
    restarts, last_restart = _restarts(picture, before, now)
    return Figures(
        running=sum(vertex.state == "RUNNING" for vertex in picture.vertices),
        vertices=len(picture.vertices),
        checkpoint_age=now - latest if latest else None,
        without_checkpoint=now - (latest or picture.started_at),
        checkpoint_duration=whole[0].duration if whole else None,
        state_bytes=whole[0].state_bytes if whole else None,
        failed_in_a_row=len(failed),
        failure=failed[0].failure if failed else "",
        watermark_lag=now - picture.watermark if picture.watermark else None,
        input_lag=picture.pending_records,
        records=records,
        records_since=since if since is not None and since >= 0 else None,
        restarts_lately=restarts,
        steady_for=now - last_restart if last_restart else None,
        back_pressured=_most(picture.vertices, before, "back_pressured"),
        busiest=_most(picture.vertices, before, "busy"),
    )


def _restarts(
    picture: JobPicture, before: LookMemory | None, now: datetime
) -> tuple[int, datetime | None]:
    """How often the job failed over lately, and when it last did.

    Flink remembers the times of the latest failures itself. Where its counter has grown by more
    between looks, the count is the counter's.
    """
    told = [at for at in picture.failed_at if now - at < LATELY]
    counted: list[datetime] = []
    if before is not None and picture.restarts is not None:
        looks = [(one.at, one.restarts) for one in before.samples if one.restarts is not None]
        looks.append((now, picture.restarts))
        for (_, fewer), (at, more) in pairwise(looks):
            if now - at < LATELY:
                counted += [at] * max(0, more - fewer)
    return max(len(told), len(counted)), max(told or counted, default=None)


def _most(vertices: Sequence[Vertex], before: LookMemory | None, kind: str) -> Load | None:
    loads = [
        Load(short_name(vertex.name), share)
        for vertex in vertices
        if (share := _share(vertex, before, kind)) is not None
    ]
    return max(loads, key=lambda load: load.per_second, default=None)


def _share(vertex: Vertex, before: LookMemory | None, kind: str) -> int | None:
    """Since the look before; since the tasks started, where they started after it."""
    if vertex.time is None:
        return None
    spent = _kinds(vertex.time)
    earlier = before.times.get(vertex.id) if before is not None else None
    if earlier is not None and all(spent[one] >= at for one, at in _kinds(earlier).items()):
        spent = {one: spent[one] - at for one, at in _kinds(earlier).items()}
    total = sum(spent.values(), timedelta(0))
    return round(1000 * (spent[kind] / total)) if total >= _ENOUGH_TIME else None


def _kinds(time: TaskTime) -> dict[str, timedelta]:
    return {"busy": time.busy, "idle": time.idle, "back_pressured": time.back_pressured}


def short_name(vertex: str) -> str:
    """The first operator of a chain, without Flink's catalogue before a table's name."""
    first = vertex.split(" -> ", 1)[0]
    return first.replace("default_catalog.default_database.", "")[:60]
