"""A connection that is lost in the middle of a write: what is said, and what is there then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from harness.ledger_races import open_operation
from harness.postgres import Postgres
from headgate.clock import SYSTEM_CLOCK
from headgate.errors import Indeterminate, Unavailable
from headgate.ids import JobName, OperationId
from headgate.ledger.database import open_database
from headgate.ledger.ledger import Ledger
from sqlalchemy import Connection, Engine, event


@pytest.fixture
def engine(postgres: Postgres) -> Iterator[Engine]:
    engine = open_database(postgres.new_database(), postgres.password)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return Ledger(engine, SYSTEM_CLOCK)


@contextmanager
def once(engine: Engine, moment: str, happens: Callable[[Connection], None]) -> Iterator[None]:
    """Let something happen at the first statement that writes, or right before COMMIT is sent."""
    left = [happens]

    def listener(connection: Connection, *arguments: object) -> None:
        writes = moment == "commit" or str(arguments[1]).startswith(("INSERT", "UPDATE"))
        if left and writes:
            left.pop()(connection)

    event.listen(engine, moment, listener)
    try:
        yield
    finally:
        event.remove(engine, moment, listener)
    assert not left, f"the moment {moment} never came"


def ended_by(server: Postgres) -> Callable[[Connection], None]:
    def terminate(connection: Connection) -> None:
        own = connection.connection.dbapi_connection
        assert own is not None
        server.terminate_backend(own.info.backend_pid)

    return terminate


def killed(server: Postgres) -> Callable[[Connection], None]:
    return lambda _connection: server.kill()


def test_connection_ended_before_the_commit_has_written_nothing(
    postgres: Postgres, engine: Engine, ledger: Ledger
) -> None:
    lease = open_operation(ledger, "first", "job")

    with (
        once(engine, "before_cursor_execute", ended_by(postgres)),
        pytest.raises(Unavailable) as caught,
    ):
        ledger.intend_step(lease, "submit", 0, {"id": "x"})

    assert "Nothing was written" in str(caught.value)
    assert postgres.password not in str(caught.value)
    assert ledger.steps(lease.operation_id) == []
    ledger.intend_step(lease, "submit", 0, {"id": "x"})
    assert [step.name for step in ledger.steps(lease.operation_id)] == ["submit"]


def test_connection_ended_at_the_commit_may_have_written(
    postgres: Postgres, engine: Engine, ledger: Ledger
) -> None:
    lease = open_operation(ledger, "first", "job")

    with once(engine, "commit", ended_by(postgres)), pytest.raises(Indeterminate):
        ledger.intend_step(lease, "submit", 0, {"id": "x"})

    # Whatever came of it: the next call finds a connection and can look.
    assert len(ledger.steps(lease.operation_id)) in (0, 1)


def test_idle_connection_that_was_ended_is_replaced_unseen(
    postgres: Postgres, ledger: Ledger
) -> None:
    lease = open_operation(ledger, "first", "job")
    postgres.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )

    ledger.end_operation(lease, "succeeded")

    assert ledger.running_operation(JobName("job")) is None


def test_killed_server_is_unavailable_until_it_runs_again(
    postgres: Postgres, engine: Engine, ledger: Ledger
) -> None:
    lease = open_operation(ledger, "first", "job")
    try:
        with (
            once(engine, "before_cursor_execute", killed(postgres)),
            pytest.raises(Unavailable),
        ):
            ledger.intend_step(lease, "submit", 0, {})
        with pytest.raises(Unavailable):
            ledger.operation(OperationId("first"))
    finally:
        postgres.start()

    ledger.intend_step(lease, "submit", 0, {})
    ledger.end_operation(lease, "succeeded")
    operation = ledger.operation(OperationId("first"))
    assert operation is not None
    assert operation.state == "succeeded"
