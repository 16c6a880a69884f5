"""Processes that act on one ledger at the same moment, round after round."""

import multiprocessing
import queue
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

from headgate.clock import SYSTEM_CLOCK
from headgate.ledger.database import open_database
from headgate.ledger.ledger import Ledger

_SECONDS = 120
Act = Callable[[Ledger, str, int], Any]
"""What one process does in one round, given its name and the round's number."""


@dataclass(frozen=True)
class LedgerAddress:
    url: str
    password: str | None

    def open(self) -> Ledger:
        return Ledger(open_database(self.url, self.password), SYSTEM_CLOCK)


def race(
    address: LedgerAddress, act: Act, *, processes: int, rounds: int, open_first: bool = True
) -> list[list[Any]]:
    """What each process returned or raised, by round. `act` is a function of a module.

    With `open_first` the ledger is open before the first round; else opening is part of it.
    """
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    started = [
        context.Process(
            target=_act_in_rounds,
            args=(address, act, f"process-{number}", rounds, barrier, results, open_first),
        )
        for number in range(processes)
    ]
    for process in started:
        process.start()
    by_round: list[list[Any]] = [[] for _ in range(rounds)]
    try:
        for _ in range(processes * rounds):
            number, outcome = results.get(timeout=_SECONDS)
            by_round[number].append(outcome)
    except queue.Empty:
        raise AssertionError(f"a process did not answer; so far: {by_round}") from None
    finally:
        for process in started:
            process.join(timeout=10)
            process.kill()
    return by_round


def _act_in_rounds(
    address: LedgerAddress,
    act: Act,
    name: str,
    rounds: int,
    barrier: Barrier,
    results: "multiprocessing.Queue[tuple[int, Any]]",
    open_first: bool,
) -> None:
    ledger = address.open() if open_first else None
    for number in range(rounds):
        barrier.wait(_SECONDS)
        try:
            outcome = act(ledger or address.open(), name, number)
        except Exception as error:  # noqa: BLE001 - the test judges it
            outcome = f"{type(error).__name__}: {error}"
        results.put((number, outcome))
