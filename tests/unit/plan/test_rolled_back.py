"""How a rollback has ended, in JSON and in words; and when it is not even tried exactly."""

from dataclasses import replace

import pytest
from headgate.plan.rolled_back import RolledBack, WayBackFacts, rolled_back_of, why_not_exact

REPEATED = RolledBack(
    exact=False,
    repeated_from_offsets={"minutes": {0: 10, 1: 7}},
    repeated_to_offsets={"minutes": {0: 30, 1: 7}},
    reason="it restarts",
)
OPEN = WayBackFacts(
    is_alive=True, has_published=True, rehearsed=True, rehearsed_reason="", state_fits=True
)


def test_outcome_survives_json() -> None:
    assert rolled_back_of(REPEATED.to_json()) == REPEATED


def test_words_name_what_is_published_again() -> None:
    assert "minutes/0 offsets 10-29 (it restarts)" in REPEATED.in_words()
    assert "minutes/1" not in REPEATED.in_words()
    exact = RolledBack(exact=True, repeated_from_offsets={}, repeated_to_offsets={})
    assert exact.in_words() == "rolled back exactly: nothing lost, nothing repeated"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (OPEN, ""),
        (replace(OPEN, rehearsed=None), ""),
        (replace(OPEN, is_alive=False), "not alive"),
        (replace(OPEN, has_published=False), "published nothing yet"),
        (replace(OPEN, state_fits=False), "the old one does not take"),
        (replace(OPEN, rehearsed=False, rehearsed_reason="no restore"), "closed: no restore"),
    ],
)
def test_exact_way(facts: WayBackFacts, words: str) -> None:
    assert bool(why_not_exact(facts)) == bool(words)
    assert words in why_not_exact(facts)
