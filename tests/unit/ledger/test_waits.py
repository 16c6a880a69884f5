"""How long a transaction waits on PostgreSQL: a frozen process holds nobody up for good."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from harness.ledger_races import open_operation
from harness.postgres import Postgres
from headgate.clock import SYSTEM_CLOCK
from headgate.errors import Rejected, Unavailable
from headgate.ids import JobName, OperationId
from headgate.ledger import tables
from headgate.ledger.database import Limits, connect_to, open_database
from headgate.ledger.ledger import Ledger
from sqlalchemy import Engine, text, update

SHORT = timedelta(milliseconds=500)
LONG = timedelta(seconds=60)
Limited = Callable[[Limits], Engine]


@pytest.fixture
def limited(postgres: Postgres) -> Iterator[Limited]:
    """Engines of one migrated ledger, each with limits of its own."""
    url = postgres.new_database()
    open_database(url, postgres.password).dispose()
    engines: list[Engine] = []

    def engine(limits: Limits) -> Engine:
        engines.append(connect_to(url, postgres.password, limits))
        return engines[-1]

    yield engine
    for one in engines:
        one.dispose()


def test_process_that_froze_in_a_write_loses_the_lease_to_the_next_one(limited: Limited) -> None:
    """Its transaction is open and idle; the next holder waits until the server has ended it."""
    frozen = limited(Limits(idle_in_transaction=SHORT, lock=LONG, statement=LONG))
    ledger = Ledger(
        limited(Limits(idle_in_transaction=LONG, lock=LONG, statement=LONG)), SYSTEM_CLOCK
    )
    open_operation(ledger, "first", "job")
    lease = tables.leases.c
    connection = frozen.connect()
    connection.begin()
    connection.execute(update(tables.leases).where(lease.job == "job").values(holder="frozen"))

    taken = open_operation(ledger, "first", "job")

    assert taken.fence == 2
    with pytest.raises(Unavailable, match="cannot be used"):
        connection.execute(update(tables.leases).values(fence=99))
    connection.close()
    current = ledger.lease(JobName("job"))
    assert current is not None
    assert (current.fence, current.holder) == (2, taken.holder)


def test_wait_for_a_lease_that_somebody_works_under_has_an_end(limited: Limited) -> None:
    busy = limited(Limits(idle_in_transaction=LONG, lock=LONG, statement=LONG))
    ledger = Ledger(
        limited(Limits(idle_in_transaction=LONG, lock=SHORT, statement=LONG)), SYSTEM_CLOCK
    )
    first = open_operation(ledger, "first", "job")
    with busy.begin() as connection:
        connection.execute(update(tables.leases).values(holder="busy"))
        with pytest.raises(Unavailable, match="Nothing was written"):
            ledger.intend_step(first, "submit", 0, {})

    ledger.intend_step(first, "submit", 0, {})
    assert [step.name for step in ledger.steps(OperationId("first"))] == ["submit"]


def test_statement_that_comes_to_no_end_is_cut_off(limited: Limited) -> None:
    engine = limited(Limits(idle_in_transaction=LONG, lock=LONG, statement=SHORT))
    with pytest.raises(Unavailable), engine.begin() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))


def test_ledger_is_opened_with_limits(postgres: Postgres) -> None:
    engine = open_database(postgres.new_database(), postgres.password)
    with engine.begin() as connection:
        names = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
        set_to = {name: connection.execute(text(f"SHOW {name}")).scalar() for name in names}
        own = connection.connection.dbapi_connection
        assert own is not None
        parameters = own.info.get_parameters()
    engine.dispose()

    assert set_to == dict(zip(names, ("20s", "30s", "1min"), strict=True))
    assert parameters["tcp_user_timeout"] == "30000"
    assert parameters["keepalives_idle"] == "10"


def test_limits_of_the_address_come_first(postgres: Postgres) -> None:
    url = f"{postgres.new_database()}?tcp_user_timeout=5000"
    engine = connect_to(url, postgres.password)
    with engine.begin() as connection:
        own = connection.connection.dbapi_connection
        assert own is not None
        parameters = own.info.get_parameters()
    engine.dispose()

    assert parameters["tcp_user_timeout"] == "5000"


def test_value_that_no_column_takes_is_refused_in_words(limited: Limited) -> None:
    ledger = Ledger(limited(Limits()), SYSTEM_CLOCK)

    with pytest.raises(Rejected, match="does not take a value") as caught:
        open_operation(ledger, "x" * 65, "job")

    assert "Nothing was written" in str(caught.value)
    assert "x" * 65 not in str(caught.value)
