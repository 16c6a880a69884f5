"""When an open hand-over must not be given up."""

import pytest
from headgate.plan.split_results import splits_results

BEGUN = ["plan", "cut_over.submit", "cut_over.agree"]


@pytest.mark.parametrize(
    ("begun", "done", "wanted"),
    [
        (["plan", "cut_over.submit"], ["plan"], False),
        (BEGUN, ["plan", "cut_over.submit"], True),
        (BEGUN, BEGUN, True),
        ([*BEGUN, "cut_over.record_stop"], [*BEGUN, "cut_over.record_stop"], False),
        ([*BEGUN, "cut_over.record_end"], [*BEGUN, "cut_over.record_end"], False),
        ([*BEGUN, "cut_over.remove_second"], [*BEGUN, "cut_over.remove_second"], False),
        ([*BEGUN, "cut_over.remove_second"], BEGUN, True),
        (
            [*BEGUN, "cut_over.record_stop", "hand_back.agree"],
            [*BEGUN, "cut_over.record_stop"],
            True,
        ),
    ],
)
def test_results_are_split_from_the_instant_to_the_end_of_the_first_job(
    begun: list[str], done: list[str], *, wanted: bool
) -> None:
    assert splits_results(begun, done) is wanted
