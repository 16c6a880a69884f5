"""Every test of the ledger runs on SQLite and on PostgreSQL, both real."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.ledger_processes import LedgerAddress
from harness.postgres import Postgres, running_postgres
from headgate.clock import SYSTEM_CLOCK
from headgate.ledger.database import open_database
from headgate.ledger.ledger import Ledger


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerAddress:
    """Where an empty database is, one of each kind."""
    if request.param == "sqlite":
        return LedgerAddress(f"sqlite:///{tmp_path}/ledger.sqlite", None)
    server: Postgres = request.getfixturevalue("postgres")
    return LedgerAddress(server.new_database(), server.password)


@pytest.fixture
def ledger(address: LedgerAddress) -> Iterator[Ledger]:
    """A ledger in it."""
    engine = open_database(address.url, address.password)
    yield Ledger(engine, SYSTEM_CLOCK)
    engine.dispose()
