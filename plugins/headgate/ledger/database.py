"""Opening the ledger: one SQLAlchemy engine, brought to the newest revision first."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError

import stamina
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from headgate.ledger.migrating import migrate
from headgate.ledger.translated import translate_errors

_BUSY_TIMEOUT_SECONDS = 30
_CONNECT_TIMEOUT_SECONDS = 10


def open_database(url: str, password: str | None = None) -> Engine:
    """Connect to the ledger and migrate it to the newest revision.

    SQLite runs in WAL mode, so that readers never wait for the one writer, and every
    transaction takes the write lock at its beginning: a read followed by a write in one
    transaction is then as atomic as on PostgreSQL, where rows are locked by `FOR UPDATE`.

    Raises:
        Unavailable: the database cannot be reached.
        Rejected: a newer headgate has made its tables.

    """
    engine = connect_to(url, password)
    with engine.begin() as connection:
        migrate(connection)
    return engine


def connect_to(url: str, password: str | None = None) -> Engine:
    """An engine whose errors are headgate's own. Touches no table."""
    engine = _sqlite(url) if url.startswith("sqlite") else _server(url, password)
    translate_errors(engine)
    return engine


def _server(url: str, password: str | None) -> Engine:
    """The pool asks each connection before it lends it: a server may have restarted."""
    timeout = {"connect_timeout": _CONNECT_TIMEOUT_SECONDS}
    engine = create_engine(url, pool_pre_ping=True, connect_args=timeout)
    if password is not None:
        with_password = engine.url.set(password=password)
        engine = create_engine(with_password, pool_pre_ping=True, connect_args=timeout)
    return engine


def _sqlite(url: str) -> Engine:
    path = url.removeprefix("sqlite:///")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # No pool: processes of Airflow fork, and a SQLite connection must not cross a fork.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_SECONDS * 1000}")
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


@stamina.retry(on=SqliteError, attempts=None, timeout=_BUSY_TIMEOUT_SECONDS, wait_initial=0.02)
def _use_wal(connection: SqliteConnection) -> None:
    """Turn a new database to WAL.

    Whoever does that at the same moment as another gets SQLITE_BUSY at once: the busy time-out
    does not hold for the change of the journal mode.
    """
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
