"""The hand-over's decisions: the instant, whether it holds, when the old job may be stopped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from headgate.clients.flink import GatePicture
from headgate.plan.handover import (
    CLOSED,
    OPEN,
    Agreed,
    Bounds,
    Failed,
    Handover,
    Margins,
    Moved,
    NotYet,
    SideView,
    choose_instant,
    has_passed,
    judge,
    may_be_called_off,
    may_be_stopped,
)
from hypothesis import given
from hypothesis import strategies as st

LEAST, GREATEST = -(2**63), 2**63 - 1
MARGINS = Margins(
    ahead=timedelta(seconds=20), guard=timedelta(seconds=5), apart=timedelta(seconds=10)
)
H = 1_030_000
HANDOVER = Handover(H, old_restarts=0, new_restarts=2)


def gate(bounds: Bounds, judged: int = 1_000_000, before: int = 1_000_000) -> GatePicture:
    after = LEAST if bounds.after is None else bounds.after
    until = GREATEST if bounds.until is None else bounds.until
    return GatePicture(after, until, judged, before)


def side(*gates: GatePicture, **changes: Any) -> SideView:
    values: dict[str, Any] = {
        "is_running": True,
        "watermark": 1_003_500,
        "restarts": 0,
        "gates": gates,
        "gates_expected": len(gates) or 1,
        **changes,
    }
    return SideView(**values)


OLD, NEW = side(gate(OPEN)), side(gate(CLOSED), restarts=2)
OLD_TOLD = side(gate(HANDOVER.of_old))
NEW_TOLD = side(gate(HANDOVER.of_new), restarts=2)


@pytest.mark.parametrize(
    ("bounds", "text"),
    [
        (OPEN, ""),
        (Bounds(after=5), "after=5\n"),
        (Bounds(until=7), "until=7\n"),
        (Bounds(5, 7), "after=5\nuntil=7\n"),
        (CLOSED, "after=9223372036854775807\n"),
    ],
)
def test_bounds_are_written_as_the_gate_reads_them(bounds: Bounds, text: str) -> None:
    assert bounds.to_text() == text


@pytest.mark.parametrize(
    ("old", "new", "instant"),
    [
        (OLD, NEW, 1_024_000),
        (replace(OLD, watermark=1_004_000), NEW, 1_024_000),
        (replace(OLD, watermark=1_004_001), NEW, 1_025_000),
        (OLD, replace(NEW, watermark=1_010_000), 1_030_000),
        (side(gate(OPEN, judged=1_020_000)), NEW, 1_040_000),
        (side(gate(OPEN, judged=LEAST)), NEW, 1_024_000),
    ],
    ids=["ahead", "whole", "rounded up", "new is ahead", "judged is ahead", "nothing judged"],
)
def test_the_instant_is_ahead_of_everything_that_was_seen(
    old: SideView, new: SideView, instant: int
) -> None:
    assert choose_instant(old, new, MARGINS) == Handover(instant, 0, 2)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (replace(OLD, is_running=False), NEW, "the old job is not running"),
        (OLD, replace(NEW, is_running=False), "the new job is not running"),
        (OLD, replace(NEW, watermark=None), "the new job has no watermark yet"),
        (OLD, replace(NEW, gates=()), "0 of 1 gates of the new job are to be seen"),
        (OLD, replace(NEW, watermark=993_000), "the new job is 10.5 s behind the other one"),
        (replace(OLD, watermark=990_000), NEW, "the old job is 13.5 s behind the other one"),
    ],
)
def test_without_two_jobs_that_have_caught_up_there_is_no_instant(
    old: SideView, new: SideView, reason: str
) -> None:
    assert choose_instant(old, new, MARGINS) == NotYet(reason)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (OLD_TOLD, NEW_TOLD, Agreed(H)),
        (replace(OLD_TOLD, watermark=H + 9_000), NEW_TOLD, Agreed(H)),
        (OLD, NEW_TOLD, NotYet("the old job has not taken up the instant yet")),
        (OLD_TOLD, NEW, NotYet("the new job has not taken up the instant yet")),
        (OLD, NEW, NotYet("the old and new job has not taken up the instant yet")),
        (OLD_TOLD, replace(NEW_TOLD, restarts=3), Agreed(H)),
        (
            replace(OLD_TOLD, restarts=1, watermark=H),
            replace(NEW_TOLD, watermark=H),
            Agreed(H, "the old job restarted while the instant came and passed"),
        ),
        (
            replace(OLD_TOLD, watermark=H),
            replace(NEW_TOLD, restarts=0, watermark=H - 1),
            NotYet("the instant has passed; it is not seen yet what the new job did"),
        ),
        (
            OLD_TOLD,
            replace(NEW_TOLD, gates_expected=2),
            NotYet("the new job has not taken up the instant yet"),
        ),
        (
            side(gate(HANDOVER.of_old), gate(OPEN)),
            NEW_TOLD,
            NotYet("the old job has not taken up the instant yet"),
        ),
        (
            replace(OLD, watermark=H + 1),
            NEW_TOLD,
            NotYet("the instant has passed; it is not seen yet what the old job did"),
        ),
        (
            side(gate(HANDOVER.of_old, before=H)),
            NEW_TOLD,
            Agreed(H),
        ),
        (
            side(gate(HANDOVER.of_old, before=H + 1)),
            NEW_TOLD,
            Failed(
                "the old job was beyond the instant before its gates knew of it",
                repeated=(H, H + 1),
            ),
        ),
        (
            OLD_TOLD,
            side(gate(HANDOVER.of_new, before=H + 3_000), restarts=2),
            Failed(
                "the new job was beyond the instant before its gates knew of it",
                lost=(H, H + 3_000),
            ),
        ),
        (
            side(gate(HANDOVER.of_old, before=H + 1)),
            side(gate(HANDOVER.of_new, before=H + 2), restarts=2),
            Failed(
                "the old and new job was beyond the instant before its gates knew of it",
                lost=(H, H + 2),
                repeated=(H, H + 1),
            ),
        ),
    ],
)
def test_the_instant_holds_when_all_gates_had_it_in_time(
    old: SideView, new: SideView, expected: Any
) -> None:
    assert judge(HANDOVER, old, new, MARGINS) == expected


def test_an_instant_that_is_near_and_not_agreed_upon_is_moved() -> None:
    near = H - 5_000
    found = judge(HANDOVER, replace(OLD, watermark=near), NEW_TOLD, MARGINS)
    assert isinstance(found, Moved)
    assert found.to.instant == H + 15_000
    assert found.reason == "the old job did not take up the instant in time"


def test_an_instant_is_moved_for_a_job_that_came_back_when_it_was_near() -> None:
    back = replace(NEW_TOLD, restarts=3, watermark=H - 5_000)
    found = judge(HANDOVER, OLD_TOLD, back, MARGINS)
    assert isinstance(found, Moved)
    assert found.to.new_restarts == 3


def test_an_instant_is_not_moved_while_a_job_is_away() -> None:
    away = side(watermark=None, is_running=False)
    near = replace(OLD_TOLD, watermark=H - 1)
    assert judge(HANDOVER, near, away, MARGINS) == NotYet("the new job is not running")


def test_a_job_that_began_beside_another_one_keeps_its_own_beginning() -> None:
    chosen = choose_instant(OLD, NEW, MARGINS, old_after=5)
    assert isinstance(chosen, Handover)
    assert chosen.of_old == Bounds(5, chosen.instant)
    moved = judge(replace(HANDOVER, old_after=5), replace(OLD, watermark=H - 1), NEW_TOLD, MARGINS)
    assert isinstance(moved, Moved)
    assert moved.to.of_old == Bounds(5, moved.to.instant)


@pytest.mark.parametrize(
    ("instant", "watermark", "expected"),
    [(None, 0, True), (H, H - 5_001, True), (H, H - 5_000, False), (H, H + 1, False)],
)
def test_a_hand_over_is_called_off_only_well_before_the_instant(
    instant: int | None, watermark: int, expected: bool
) -> None:
    old = replace(OLD_TOLD, watermark=watermark)
    assert may_be_called_off(instant, old, NEW_TOLD, MARGINS) is expected


@pytest.mark.parametrize(
    ("watermark", "expected"), [(None, False), (H - 1, False), (H, True), (H + 1, True)]
)
def test_a_job_has_passed_the_instant_with_its_watermark(
    watermark: int | None, expected: bool
) -> None:
    assert has_passed(H, replace(OLD, watermark=watermark)) is expected


def at(second: int) -> datetime:
    return datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("newest", "completed", "expected"),
    [
        (at(5), [at(3), at(5)], False),
        (at(5), [at(3), at(6)], True),
        (at(5), [], False),
        (None, [], False),
        (None, [at(1)], True),
    ],
)
def test_the_old_job_is_stopped_after_a_checkpoint_that_began_later(
    newest: datetime | None, completed: list[datetime], expected: bool
) -> None:
    assert may_be_stopped(newest, completed) is expected


@given(
    bound=st.integers(0, 2_000_000),
    instant=st.integers(0, 2_000_000),
)
def test_every_result_is_published_by_exactly_one_of_the_two(bound: int, instant: int) -> None:
    handover = Handover(instant, 0, 0)
    passes = [_passes(bounds, bound) for bounds in (handover.of_old, handover.of_new)]
    assert sum(passes) == 1


def _passes(bounds: Bounds, bound: int) -> bool:
    after = LEAST if bounds.after is None else bounds.after
    until = GREATEST if bounds.until is None else bounds.until
    return after < bound <= until


def test_gates_with_no_result_yet_do_not_hold_a_decision_up() -> None:
    old = side(gate(HANDOVER.of_old, judged=LEAST, before=LEAST), watermark=None)
    assert judge(HANDOVER, old, NEW_TOLD, MARGINS) == Agreed(H)
