"""The tables in code are those that migrations make, from whatever revision a ledger is of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from harness.ledger_processes import LedgerAddress, race
from harness.ledger_races import migrate_or_read
from harness.ledger_revisions import (
    FLINK_JOB,
    JOB,
    NOON,
    OPERATION,
    REVISIONS,
    ROWS,
    write_ledger_of,
)
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger import migrations
from headgate.ledger.database import connect_to, open_database
from headgate.ledger.tables import metadata
from sqlalchemy import Engine, inspect, text


@pytest.fixture
def engine(address: LedgerAddress) -> Iterator[Engine]:
    """A database without tables."""
    engine = connect_to(address.url, address.password)
    yield engine
    engine.dispose()


def test_rows_are_kept_for_every_revision() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__path__[0])))
    assert sorted(script.revision for script in scripts.walk_revisions()) == sorted(REVISIONS)


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_a_revision_are_of_all_its_tables(engine: Engine, revision: str) -> None:
    write_ledger_of(engine, revision)

    assert set(inspect(engine).get_table_names()) == {"alembic_version", *ROWS[revision]}


@pytest.mark.parametrize("revision", REVISIONS)
def test_ledger_of_an_earlier_revision_becomes_one_of_the_newest(
    address: LedgerAddress, engine: Engine, revision: str
) -> None:
    write_ledger_of(engine, revision)
    open_database(address.url, address.password).dispose()

    with engine.begin() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)

    assert difference == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_an_earlier_revision_are_read_after_the_upgrade(
    address: LedgerAddress, engine: Engine, revision: str
) -> None:
    write_ledger_of(engine, revision)
    ledger = address.open()
    written = ROWS[revision]

    operation = ledger.operation(OperationId(OPERATION))
    (step,) = ledger.steps(OperationId(OPERATION))
    (deployment,) = ledger.deployments(JobName(JOB))
    (snapshot,) = ledger.snapshots(JobName(JOB))
    lease = ledger.lease(JobName(JOB))

    assert operation is not None
    assert lease is not None
    found = {
        "operations": operation,
        "steps": step,
        "deployments": deployment,
        "snapshots": snapshot,
        "leases": lease,
    }
    for table, record in found.items():
        assert written[table].items() <= vars(record).items(), table
    assert deployment.flink_job_id == FLINK_JOB
    assert operation.started_at == NOON
    if "contract_runs" in written:
        (contract_run,) = ledger.contract_runs()
        assert written["contract_runs"].items() <= vars(contract_run).items()
    decision = ledger.decision(OperationId(OPERATION))
    assert (decision is not None) == ("decisions" in written)
    if decision is not None:
        assert vars(decision) == written["decisions"]
    if revision < "0003":
        assert (deployment.state_manifest, deployment.flink_version) == (None, None)
        assert (snapshot.state, snapshot.origin, snapshot.size_bytes) == ("whole", "stop", None)
    if revision < "0004":
        assert deployment.cluster is None
    with engine.begin() as connection:
        turns = connection.execute(text("SELECT resource, operation_id FROM turns")).all()
    assert [tuple(turn) for turn in turns] == [(written["turns"]["resource"], OPERATION)]
    ledger._engine.dispose()


def test_operation_of_an_earlier_revision_is_taken_over_and_ended(
    address: LedgerAddress, engine: Engine
) -> None:
    write_ledger_of(engine, "0001")
    ledger = address.open()

    lease = ledger.open_operation(
        OperationId(OPERATION), "deploy", JobName(JOB), {}, surface="test", holder="test"
    )
    ledger.end_operation(lease, "succeeded")

    assert lease.fence == 2
    assert ledger.running_operation(JobName(JOB)) is None
    ledger._engine.dispose()


def test_ledger_of_a_newer_headgate_is_refused_and_left_as_it_is(
    address: LedgerAddress, engine: Engine
) -> None:
    write_ledger_of(engine, REVISIONS[-1])
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE turns ADD COLUMN of_the_future INTEGER"))
    before = _columns(engine)

    with pytest.raises(Rejected, match=r"newer headgate.*9999.*0005") as caught:
        open_database(address.url, address.password)

    assert "update headgate" in caught.value.next_step
    assert _columns(engine) == before
    with engine.begin() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    assert version == "9999"


def test_newest_ledger_opened_again_is_not_written(address: LedgerAddress) -> None:
    open_database(address.url, address.password).dispose()

    engine = open_database(address.url, address.password)

    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_readers_go_on_while_an_old_ledger_is_migrated(
    address: LedgerAddress, engine: Engine
) -> None:
    """Each process opens the old ledger and reads at once; one of them migrates it."""
    write_ledger_of(engine, "0001")

    (outcomes,) = race(address, migrate_or_read, processes=4, rounds=1, open_first=False)

    assert outcomes == [30] * 4


def _columns(engine: Engine) -> dict[str, list[str]]:
    inspector = inspect(engine)
    return {
        table: [column["name"] for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
    }
