"""Which snapshot a job continues from: the newest usable one of its lineage, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from headgate.clients.locations import same_location
from headgate.ids import FlinkJobId, JobName
from headgate.plan.snapshot import Snapshot

_BEGINS_EMPTY = "to give its state up: headgate deploy {job} --start-empty"


class Attempt(Protocol):
    """A submission of the job; `was_healthy`: it is known to have had state."""

    @property
    def flink_job_id(self) -> FlinkJobId: ...  # noqa: D102
    @property
    def was_healthy(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class RestoreFacts:
    """All that the choice rests on.

    `lineage` are the job ids whose snapshots may be restored without asking: see `lineage_of`.
    `unfinished` are folders of checkpoints that were being written when their job ended.
    `command` is what was called, and what can be called again with a further option.
    """

    job: JobName
    lineage: Sequence[FlinkJobId]
    snapshots: Sequence[Snapshot]
    now: datetime
    max_age: timedelta
    accept_age: bool = False
    unfinished: Sequence[str] = ()
    command: Literal["recover", "start", "deploy"] = "recover"


@dataclass(frozen=True)
class RestorePoint:
    """The snapshot to restore, and in words what was passed over for it."""

    snapshot: Snapshot
    notes: tuple[str, ...]


@dataclass(frozen=True)
class NoRestorePoint:
    """Why a person has to decide, and what was passed over."""

    what: str
    next_step: str
    notes: tuple[str, ...]


def lineage_of(submissions: Sequence[Attempt]) -> list[FlinkJobId]:
    """Submissions since the last one known to have had state, and that one, the latest first.

    Snapshots of earlier ones are older than results that were published since.
    """
    later: list[FlinkJobId] = []
    for submission in submissions:
        later.append(submission.flink_job_id)
        if submission.was_healthy:
            break
    return later


def newest_usable(
    snapshots: Sequence[Snapshot], lineage: Sequence[FlinkJobId]
) -> tuple[Snapshot | None, tuple[Snapshot, ...]]:
    """The newest snapshot of the lineage that can be restored, and the newer ones that cannot."""
    skipped: list[Snapshot] = []
    for snapshot in sorted(snapshots, key=lambda one: one.position, reverse=True):
        if snapshot.flink_job_id not in lineage:
            continue
        if why_skipped(snapshot) is None:
            return snapshot, tuple(skipped)
        skipped.append(snapshot)
    return None, tuple(skipped)


def why_skipped(snapshot: Snapshot) -> str | None:
    """Why a snapshot is not restored unless a person names it; None if it may be."""
    if snapshot.problem is not None:
        return snapshot.problem
    if snapshot.failed_restore is not None:
        return snapshot.failed_restore
    if snapshot.drained:
        return "its windows were flushed by stop --drain and would be published a second time"
    return None


def notes_of(skipped: Sequence[Snapshot]) -> tuple[str, ...]:
    """What was passed over, in words."""
    return tuple(f"skipped {one.location}: {why_skipped(one)}" for one in skipped)


def end_passed_over(skipped: Sequence[Snapshot]) -> Snapshot | None:
    """What a job ended with, where it is among those that are passed over.

    All older ones then lack what the job has published up to its end.
    """
    return next((one for one in skipped if one.is_end), None)


def in_place_of_the_end(job: JobName, end: Snapshot, older: Snapshot) -> tuple[str, str]:
    """Why an older snapshot is not restored in silence, and what a person can do."""
    start = f"headgate start {job} --from {older.location} if that is wanted"
    what = (
        f"{job} ended with {end.location}, which is passed over: {why_skipped(end)}; the next one, "
        f"{older.location}, is {_older(older, end)}: results that were published since would be "
        "published again"
    )
    if end.problem:
        return what, f"restore {end.location} and try again; or {start}"
    if end.failed_restore:
        again = f"headgate recover {job} --from"
        return what, f"restore its files, then {again} {end.location}; or {again} {older.location}"
    return what, start


def _older(older: Snapshot, newer: Snapshot) -> str:
    """By how much, where the clocks agree with Flink's numbers about it."""
    earlier = newer.taken_at - older.taken_at
    return f"{in_words(earlier)} older" if earlier > timedelta(0) else "older"


def restore_point(facts: RestoreFacts) -> RestorePoint | NoRestorePoint:
    """Choose from the facts alone. Whether the state fits is asked by `restorable.refuse_unfit`."""
    newest, skipped = newest_usable(facts.snapshots, facts.lineage)
    notes = (*_unfinished(facts), *notes_of(skipped))
    if newest is None:
        return _none(facts, skipped, notes)
    end = end_passed_over(skipped)
    if end is not None:
        return NoRestorePoint(*in_place_of_the_end(facts.job, end, newest), notes)
    age = facts.now - newest.taken_at
    ended_there = newest.is_end and not skipped
    if age > facts.max_age and not ended_there and not facts.accept_age:
        return NoRestorePoint(
            f"the newest usable snapshot of {facts.job} is {in_words(age)} old, older than "
            f"recovery.max_age ({in_words(facts.max_age)}): results that were published since "
            f"would be published again ({newest.location})",
            f"headgate {facts.command} {facts.job} --accept-age",
            notes,
        )
    return RestorePoint(newest, notes)


Concern = Literal["age", "older", "drained", "quarantined", "foreign"]


def concerns_about(location: str, facts: RestoreFacts) -> dict[Concern, str]:
    """What speaks against restoring a snapshot that a person names; a person may agree to it."""
    named = next((one for one in facts.snapshots if same_location(one.location, location)), None)
    if named is None:
        return {"foreign": f"{location} is not known to be a snapshot of {facts.job}"}
    found: dict[Concern, str] = {}
    newest, skipped = newest_usable(facts.snapshots, facts.lineage)
    end = end_passed_over(skipped)
    if named.drained:
        found["drained"] = (
            f"{location} was made by stop --drain: the windows that were open then were published "
            "with what they held, and would be published a second time with what comes later"
        )
    if named.is_quarantined:
        found["quarantined"] = (
            f"{location} is in quarantine: {named.problem} (headgate prove {facts.job} --from "
            f"{location} tries it again)"
        )
    if newest is not None and named.position < newest.position:
        found["older"] = (
            f"{location} is {_older(named, newest)} than the newest usable snapshot "
            f"({newest.location}): results that were published since are published again"
        )
    elif named.flink_job_id not in facts.lineage:
        found["older"] = (
            f"{location} is not of the last deployment of {facts.job} that had state: results "
            "that were published since are published again"
        )
    elif end is not None and named.position < end.position:
        found["older"] = in_place_of_the_end(facts.job, end, named)[0]
    age = facts.now - named.taken_at
    if age > facts.max_age and not named.is_end:
        found["age"] = f"{location} is {in_words(age)} old"
    return found


def in_words(duration: timedelta) -> str:
    """In its two largest units: 1 h 20 min."""
    seconds = max(0, int(duration.total_seconds()))
    counts = (seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    parts = [f"{count} {unit}" for count, unit in zip(counts, _UNITS, strict=True) if count]
    return " ".join(parts[:2]) or "0 s"


_UNITS = ("d", "h", "min", "s")


def _unfinished(facts: RestoreFacts) -> tuple[str, ...]:
    return tuple(
        f"skipped {location}: it has no _metadata, its job ended before it was complete"
        for location in facts.unfinished
    )


def _none(
    facts: RestoreFacts, skipped: Sequence[Snapshot], notes: tuple[str, ...]
) -> NoRestorePoint:
    if not facts.lineage:
        return NoRestorePoint(
            f"{facts.job} was never deployed", f"headgate deploy {facts.job}", notes
        )
    drained = next((one for one in skipped if one.drained and one.problem is None), None)
    if drained is not None:
        return NoRestorePoint(
            f"{facts.job} was stopped with --drain: its open windows were published with what "
            f"they held, and going on from {drained.location} would publish them a second time",
            f"headgate start {facts.job} --from {drained.location} if that is wanted; "
            + _BEGINS_EMPTY.format(job=facts.job),
            notes,
        )
    elsewhere = [
        one
        for one in facts.snapshots
        if one.flink_job_id not in facts.lineage and why_skipped(one) is None
    ]
    older = max(elsewhere, key=lambda one: one.position, default=None)
    advice = (
        f"an older one is {older.location}: headgate start or recover {facts.job} --from it "
        "publishes again what was published since; "
        if older
        else "find out where its state is; "
    )
    return NoRestorePoint(
        f"no usable savepoint or retained checkpoint of the last deployment of {facts.job} that "
        "had state was found",
        advice + _BEGINS_EMPTY.format(job=facts.job),
        notes,
    )
