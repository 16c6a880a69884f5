"""Which snapshot a job continues from, decided from facts alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import FlinkJobId, JobName
from headgate.plan.restore_point import (
    NoRestorePoint,
    RestoreFacts,
    RestorePoint,
    Snapshot,
    concerns_about,
    in_words,
    lineage_of,
    restore_point,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = FlinkJobId("first"), FlinkJobId("second"), FlinkJobId("third")
CUT = "its _metadata is cut off"


def at(minutes: int, job: FlinkJobId = FIRST, kind: str = "chk", **changes: object) -> Snapshot:
    """A snapshot so many minutes before noon: chk-50 is newer than chk-40."""
    number = 60 - minutes
    snapshot = Snapshot(
        f"file:/state/{job}/{kind}-{number}", job, None, NOON - timedelta(minutes=minutes)
    )
    return replace(snapshot, **changes)  # type: ignore[arg-type]


def facts(*snapshots: Snapshot, **changes: object) -> RestoreFacts:
    asked = RestoreFacts(JobName("minutes"), [FIRST], snapshots, NOON, timedelta(hours=1))
    return replace(asked, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sent:
    flink_job_id: FlinkJobId
    was_healthy: bool


CHOSEN = {
    "the only checkpoint": (facts(at(5)), at(5)),
    "the only savepoint": (facts(at(5, kind="savepoint")), at(5, kind="savepoint")),
    "the newest of several": (facts(at(9), at(5), at(7)), at(5)),
    "a checkpoint newer than the savepoint": (facts(at(6, kind="savepoint"), at(5)), at(5)),
    "a savepoint newer than the checkpoint": (
        facts(at(6), at(5, kind="savepoint")),
        at(5, kind="savepoint"),
    ),
    "the next when the newest is broken": (facts(at(5, problem=CUT), at(7)), at(7)),
    "the third when two are broken": (
        facts(at(5, problem=CUT), at(7, problem="its files are gone"), at(9)),
        at(9),
    ),
    "a savepoint when all checkpoints are broken": (
        facts(at(5, problem=CUT), at(6, problem=CUT), at(40, kind="savepoint")),
        at(40, kind="savepoint"),
    ),
    "the one before a drained savepoint is not older than it": (
        facts(at(5, kind="savepoint"), at(9, drained=True)),
        at(5, kind="savepoint"),
    ),
    "of a later attempt that never became healthy": (
        facts(at(9), at(5, SECOND), lineage=[SECOND, FIRST]),
        at(5, SECOND),
    ),
    "of the healthy one when the later attempt left nothing": (
        facts(at(9), lineage=[SECOND, FIRST]),
        at(9),
    ),
    "not of an earlier deployment, although it is newer": (
        facts(at(3, FIRST), at(5, SECOND), lineage=[SECOND]),
        at(5, SECOND),
    ),
    "as old as the limit": (facts(at(60)), at(60)),
    "older than the limit when a person says so": (facts(at(90), accept_age=True), at(90)),
    "of any age when its job ended with it": (facts(at(9000, is_end=True)), at(9000, is_end=True)),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_chosen_is(case: str) -> None:
    asked, wanted = CHOSEN[case]
    chosen = restore_point(asked)
    assert isinstance(chosen, RestorePoint), chosen
    assert chosen.snapshot == wanted


REFUSED = {
    "nothing was found": (facts(), "no usable savepoint", "--start-empty"),
    "all are broken": (facts(at(5, problem=CUT), at(7, problem=CUT)), "no usable", "--start-empty"),
    "only an earlier deployment has any": (
        facts(at(5, FIRST), lineage=[SECOND]),
        "no usable savepoint",
        "--from",
    ),
    "never deployed": (facts(lineage=[]), "was never deployed", "headgate deploy"),
    "older than the limit": (facts(at(61)), "1 h 1 min old", "--accept-age"),
    "older than a shorter limit": (
        facts(at(6), max_age=timedelta(minutes=5)),
        "recovery.max_age (5 min)",
        "--accept-age",
    ),
    "what is left beside a broken newer one is too old": (
        facts(at(5, problem=CUT), at(61)),
        "1 h 1 min old",
        "--accept-age",
    ),
    "its job ended with it, but something newer is broken": (
        facts(at(5, SECOND, problem=CUT), at(90, is_end=True), lineage=[SECOND, FIRST]),
        "1 h 30 min old",
        "--accept-age",
    ),
    "the one that its job ended with is broken, however near the next one is": (
        facts(at(5, problem=CUT, is_end=True), at(6)),
        f"{at(5).location}, which is passed over: {CUT}; the next one, {at(6).location}, is 1 min",
        f"restore {at(5).location} and try again; or headgate start minutes --from",
    ),
    "a restore of the one that its job ended with has failed": (
        facts(at(5, failed_restore="a file of it is missing", is_end=True), at(6)),
        "which is passed over: a file of it is missing",
        f"restore its files, then headgate recover minutes --from {at(5).location}; or ",
    ),
    "its age is accepted, but the one that its job ended with is broken": (
        facts(at(5, problem=CUT, is_end=True), at(90), accept_age=True),
        "would be published again",
        f"--from {at(90).location}",
    ),
    "the one that its job ended with is drained, and an older one is not": (
        facts(at(5, drained=True, is_end=True), at(7)),
        "which is passed over: its windows were flushed",
        f"headgate start minutes --from {at(7).location} if that is wanted",
    ),
    "only a drained one": (
        facts(at(5, drained=True, is_end=True)),
        "stopped with --drain",
        f"headgate start minutes --from {at(5).location}",
    ),
    "a drained one that is also broken": (
        facts(at(5, drained=True, problem=CUT)),
        "no usable savepoint",
        "--start-empty",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_when(case: str) -> None:
    asked, what, next_step = REFUSED[case]
    refused = restore_point(asked)
    assert isinstance(refused, NoRestorePoint), refused
    assert what in refused.what
    assert next_step in refused.next_step


def test_what_is_passed_over_is_told_with_the_reason() -> None:
    unfinished = "file:/state/first/chk-56"
    asked = facts(at(5, problem=CUT), at(6, drained=True), at(7), unfinished=[unfinished])

    chosen = restore_point(asked)

    assert isinstance(chosen, RestorePoint)
    assert [note.split(":", 2)[2].strip() for note in chosen.notes] == [
        "it has no _metadata, its job ended before it was complete",
        CUT,
        "its windows were flushed by stop --drain and would be published a second time",
    ]


def test_refusal_tells_what_was_passed_over() -> None:
    refused = restore_point(facts(at(5, problem=CUT)))
    assert refused.notes == (f"skipped {at(5).location}: {CUT}",)


CONCERNS = {
    "the newest": (at(5), set()),
    "spelled otherwise": (replace(at(5), location="/state/first/chk-55/"), set()),
    "an older one": (at(7), {"older"}),
    "an older one beyond the limit": (at(70), {"older", "age"}),
    "of an earlier deployment": (at(8, SECOND), {"older"}),
    "a drained one": (at(4, drained=True), {"drained"}),
    "of nobody known": (Snapshot("file:/elsewhere/chk-1", FIRST, None, NOON), {"foreign"}),
}


@pytest.mark.parametrize("case", CONCERNS)
def test_concerns_about(case: str) -> None:
    named, wanted = CONCERNS[case]
    known = facts(at(4, drained=True), at(5), at(7), at(8, SECOND), at(70))
    assert set(concerns_about(named.location, known)) == wanted


def test_one_that_is_named_in_place_of_a_broken_end_is_of_concern() -> None:
    known = facts(at(5, problem=CUT, is_end=True), at(6))
    said = concerns_about(at(6).location, known)
    assert set(said) == {"older"}
    assert at(5).location in said["older"]


def test_clock_that_contradicts_flinks_numbers_tells_no_age() -> None:
    newest, named = at(9, checkpoint_id=9), at(5, checkpoint_id=5)
    said = concerns_about(named.location, facts(newest, named))
    assert said["older"].startswith(f"{named.location} is older than the newest usable snapshot")


LINEAGES = {
    "one that was healthy": ([Sent(FIRST, True)], [FIRST]),
    "the last of two healthy ones": ([Sent(SECOND, True), Sent(FIRST, True)], [SECOND]),
    "back to the last healthy one": (
        [Sent(THIRD, False), Sent(SECOND, True), Sent(FIRST, True)],
        [THIRD, SECOND],
    ),
    "all where none was healthy": ([Sent(SECOND, False), Sent(FIRST, False)], [SECOND, FIRST]),
    "none": ([], []),
}


@pytest.mark.parametrize("case", LINEAGES)
def test_lineage_is(case: str) -> None:
    submissions, wanted = LINEAGES[case]
    assert lineage_of(submissions) == wanted


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=80), "1 h 20 min"),
        (timedelta(days=2, seconds=5), "2 d 5 s"),
        (timedelta(seconds=-3), "0 s"),
    ],
)
def test_ages_are_told_in_two_units(duration: timedelta, words: str) -> None:
    assert in_words(duration) == words
