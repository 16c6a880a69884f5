"""Whether an open operation is worked on, and who brings it to its end."""

from datetime import UTC, datetime, timedelta

import pytest
from headgate.plan.left_open import GRACE, SIGN_OF_LIFE, HeldBy, is_left, takes_up

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("ago", "alive", "left"),
    [
        (timedelta(0), False, False),
        (PATIENCE + GRACE - timedelta(seconds=1), False, False),
        (PATIENCE + GRACE, False, True),
        (timedelta(days=1), True, False),
    ],
)
def test_left_is_what_nobody_has_touched_for_longer_than_its_step_is_patient(
    ago: timedelta, alive: bool, left: bool
) -> None:
    assert is_left(NOON, NOON - ago, PATIENCE, holder_is_alive=alive) is left


def test_one_sign_of_life_may_be_late() -> None:
    assert GRACE > 1.5 * SIGN_OF_LIFE


@pytest.mark.parametrize(
    ("kind", "held", "takes"),
    [
        ("savepoint", "savepoint", True),
        ("savepoint", "prove", True),
        ("recover", "savepoint", True),
        ("deploy", "dispose_checkpoints", True),
        ("recover", "recover", True),
        ("deploy", "deploy", True),
        ("savepoint", "recover", False),
        ("recover", "deploy", False),
        ("recover", "stop", False),
    ],
)
def test_what_changes_a_job_is_taken_up_only_by_its_own_kind(
    kind: str, held: str, takes: bool
) -> None:
    assert takes_up(kind, HeldBy(held, "1", is_left=True)) is takes
    assert not takes_up(kind, HeldBy(held, "1", is_left=False))
