"""Opening the ledger: one SQLAlchemy engine, brought to the newest revision first."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from headgate.errors import Unavailable

_BUSY_TIMEOUT_SECONDS = 30


def open_database(url: str, password: str | None = None) -> Engine:
    """Connect to the ledger and migrate it to the newest revision.

    SQLite runs in WAL mode, so that readers never wait for the one writer, and every
    transaction takes the write lock at its beginning: a read followed by a write in one
    transaction is then as atomic as on PostgreSQL, where rows are locked by `FOR UPDATE`.

    Raises:
        Unavailable: the database cannot be reached.

    """
    engine = _engine(url, password)
    try:
        with engine.begin() as connection:
            _migrate(connection)
    except OperationalError as error:
        raise Unavailable(
            f"the ledger at {engine.url.render_as_string(hide_password=True)} cannot be opened",
            still_true="Nothing was changed.",
            next_step="check `ledger` in headgate.toml and that its server runs",
        ) from error
    return engine


def _engine(url: str, password: str | None) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True)
        if password is not None:
            engine = create_engine(engine.url.set(password=password), pool_pre_ping=True)
        return engine
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # No pool: processes of Airflow fork, and a SQLite connection must not cross a fork.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_SECONDS * 1000}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(connection: Connection) -> None:
    # Alembic tells of every opening, in whatever log it is asked from.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    configuration = Config()
    folder = Path(__file__).parent / "migrations"
    configuration.set_main_option("script_location", str(folder).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4861641)")
    command.upgrade(configuration, "head")
