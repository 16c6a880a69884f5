"""A few at a time at a shared resource; nobody has to give a turn back."""

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

RESOURCE = "savepoint at http://127.0.0.1:8081"
ENDS = timedelta(minutes=15)


class Stage:
    """A ledger, and a clock that the test moves."""

    def __init__(self, address: LedgerAddress) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.engine = open_database(address.url, address.password)
        self.ledger = Ledger(self.engine, Clock(now=lambda: self.time))

    def operation(self, name: str) -> LeaseRecord:
        return self.ledger.open_operation(
            OperationId(name), "savepoint", JobName(name), {}, surface="test", holder="test"
        )

    def take(self, lease: LeaseRecord, resource: str = RESOURCE) -> bool:
        return self.ledger.take_shared_turn(lease, resource, at_a_time=2, ends=ENDS)

    def standing(self, lease: LeaseRecord, resource: str = RESOURCE) -> str:
        return self.ledger.standing(lease.operation_id, resource, at_a_time=2, ends=ENDS)


@pytest.fixture
def stage(address: LedgerAddress) -> Iterator[Stage]:
    stage = Stage(address)
    yield stage
    stage.engine.dispose()


def test_as_many_as_may_have_one_and_no_more(stage: Stage) -> None:
    one, two, three = (stage.operation(name) for name in ("one", "two", "three"))
    assert [stage.standing(lease) for lease in (one, two, three)] == ["free"] * 3

    assert [stage.take(lease) for lease in (one, two, three)] == [True, True, False]

    assert [stage.standing(lease) for lease in (one, two, three)] == ["own", "own", "taken"]
    assert stage.take(one), "again is no error"
    assert not stage.take(three), "and takes no second turn"
    assert stage.take(three, "savepoint at http://127.0.0.1:8082"), "each cluster has its own"


def test_turn_ends_with_its_operation(stage: Stage) -> None:
    one, two, three = (stage.operation(name) for name in ("one", "two", "three"))
    assert stage.take(one)
    assert stage.take(two)

    stage.ledger.end_operation(two, "failed")

    assert stage.standing(three) == "free"
    assert stage.take(three)
    assert [stage.standing(lease) for lease in (one, three)] == ["own", "own"]


def test_turn_of_one_that_hangs_ends_by_itself(stage: Stage) -> None:
    one, two, three = (stage.operation(name) for name in ("one", "two", "three"))
    stage.take(one)
    stage.take(two)
    stage.time += ENDS - timedelta(seconds=1)
    assert stage.standing(three) == "taken"
    stage.time += timedelta(seconds=1)

    assert stage.standing(three) == "free"
    assert stage.take(three)


def test_turn_is_refused_to_a_former_holder_of_the_lease(stage: Stage) -> None:
    former = stage.operation("one")
    stage.operation("one")
    with pytest.raises(Rejected, match="in the hands of"):
        stage.take(former)
