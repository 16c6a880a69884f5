"""Processes at the same moment on one ledger: of two first writers exactly one wins."""

from harness.ledger_processes import LedgerAddress, race
from harness.ledger_races import (
    open_another_operation,
    open_ledger,
    open_same_operation,
    take_turn,
)

PROCESSES, ROUNDS = 4, 15


def test_first_lease_of_a_job_goes_to_exactly_one_of_many(address: LedgerAddress) -> None:
    by_round = race(address, open_another_operation, processes=PROCESSES, rounds=ROUNDS)

    for outcomes in by_round:
        assert sorted(outcomes) == ["busy"] * (PROCESSES - 1) + ["taken"]


def test_same_operation_opened_by_many_is_taken_over_with_one_fence_each(
    address: LedgerAddress,
) -> None:
    by_round = race(address, open_same_operation, processes=PROCESSES, rounds=ROUNDS)

    for fences in by_round:
        assert sorted(fences) == list(range(1, PROCESSES + 1))


def test_first_turn_at_a_resource_goes_to_exactly_one_of_many(address: LedgerAddress) -> None:
    by_round = race(address, take_turn, processes=PROCESSES, rounds=ROUNDS)

    for outcomes in by_round:
        assert sorted(outcomes) == [False] * (PROCESSES - 1) + [True]


def test_new_ledger_is_opened_by_many_at_once(address: LedgerAddress) -> None:
    by_round = race(address, open_ledger, processes=PROCESSES, rounds=1, open_first=False)

    assert by_round == [[0] * PROCESSES]
