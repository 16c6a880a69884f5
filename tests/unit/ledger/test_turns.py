"""One at a time at a shared resource; a dead holder's turn ends by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from harness.ledger_processes import LedgerAddress
from headgate.clock import Clock
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.database import open_database
from headgate.ledger.ledger import Ledger
from headgate.ledger.records import LeaseRecord

RESOURCE = "drivers of http://127.0.0.1:8081"
OWN, OTHERS = timedelta(seconds=30), timedelta(seconds=130)


class Stage:
    """A ledger, a clock that the test moves, and two operations on two jobs."""

    def __init__(self, address: LedgerAddress) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        clock = Clock(now=lambda: self.time)
        self.engine = open_database(address.url, address.password)
        self.ledger = Ledger(self.engine, clock)
        self.one = self.operation("one")
        self.other = self.operation("other")

    def operation(self, name: str) -> LeaseRecord:
        return self.ledger.open_operation(
            OperationId(name), "deploy", JobName(name), {}, surface="test", holder="test"
        )

    def take(self, lease: LeaseRecord) -> bool:
        return self.ledger.take_turn(lease, RESOURCE, own_ends=OWN, others_end=OTHERS)

    def wait(self, duration: timedelta) -> None:
        self.time += duration


@pytest.fixture
def stage(address: LedgerAddress) -> Iterator[Stage]:
    stage = Stage(address)
    yield stage
    stage.engine.dispose()


def test_turn_is_taken_by_one_at_a_time(stage: Stage) -> None:
    assert stage.take(stage.one)
    assert not stage.take(stage.other)

    stage.ledger.give_turn_back(stage.one, RESOURCE)
    assert stage.take(stage.other)


def test_turn_that_is_not_ones_own_cannot_be_given_back(stage: Stage) -> None:
    assert stage.take(stage.one)
    stage.ledger.give_turn_back(stage.other, RESOURCE)
    assert not stage.take(stage.other)


def test_turn_of_a_dead_holder_ends_sooner_for_its_own_operation(stage: Stage) -> None:
    assert stage.take(stage.one)
    stage.wait(OWN)
    assert not stage.take(stage.other)
    assert stage.take(stage.one)


def test_turn_of_a_dead_holder_ends_for_others_too(stage: Stage) -> None:
    assert stage.take(stage.one)
    stage.wait(OTHERS)
    assert stage.take(stage.other)


def test_turn_is_refused_to_a_former_holder_of_the_lease(stage: Stage) -> None:
    later = stage.operation("one")
    with pytest.raises(Rejected, match="in the hands of"):
        stage.take(stage.one)
    assert stage.take(later)


def test_resource_may_have_the_name_of_a_long_address(stage: Stage) -> None:
    resource = f"drivers of http://{'a-namespace.' * 20}svc.cluster.local:8081"
    assert stage.ledger.take_turn(stage.one, resource, own_ends=OWN, others_end=OTHERS)
    assert not stage.ledger.take_turn(stage.other, resource, own_ends=OWN, others_end=OTHERS)


def test_holder_and_surface_may_be_long(stage: Stage) -> None:
    """A host has up to 253 characters, a DAG up to 250."""
    lease = stage.ledger.open_operation(
        OperationId("long"), "deploy", JobName("long"), {}, surface="d" * 260, holder="h" * 260
    )
    assert (lease.holder, lease.fence) == ("h" * 260, 1)
