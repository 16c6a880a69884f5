"""The judge of results finds what it is there for."""

from collections.abc import Mapping

import pytest
from harness.faults.judge import Window, judge

EXPECTED: Mapping[int, tuple[int, int]] = {0: (3, 6), 1000: (2, 9), 2000: (1, 7), 3000: (4, 1)}
ALL: list[Window] = list(EXPECTED.items())


def test_every_window_once_is_exactly_once() -> None:
    verdict = judge(EXPECTED, ALL)
    assert (verdict.is_exactly_once, verdict.judged) == (True, 4)


def test_windows_after_the_newest_published_one_are_not_asked_for() -> None:
    verdict = judge(EXPECTED, ALL[:2])
    assert (verdict.is_exactly_once, verdict.judged) == (True, 2)
    assert judge(EXPECTED, ALL[:2], up_to=3000).lost == [2000, 3000]


@pytest.mark.parametrize(
    ("published", "found"),
    [
        ([ALL[0], ALL[2]], {"lost": [1000]}),
        ([*ALL, ALL[1]], {"repeated": [1000]}),
        ([*ALL[:3], (3000, (4, 2))], {"wrong": [3000]}),
        ([*ALL, (1000, (2, 8))], {"repeated": [1000], "wrong": [1000]}),
        ([*ALL, (4000, (1, 1))], {"early": [4000]}),
    ],
)
def test_loss_repetition_wrong_numbers_and_early_windows_are_found(
    published: list[Window], found: Mapping[str, list[int]]
) -> None:
    verdict = judge(EXPECTED, published)
    kinds = ("lost", "repeated", "wrong", "early")
    assert {kind: getattr(verdict, kind) for kind in kinds if getattr(verdict, kind)} == found
    assert not verdict.is_exactly_once
