"""The migrations make exactly the tables that the code works with."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from headgate.ledger.database import open_database
from headgate.ledger.tables import metadata


def test_migrated_database_equals_the_tables_in_code(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/ledger.sqlite")

    with engine.begin() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)

    assert difference == []


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    open_database(url).dispose()

    with open_database(url).begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
