"""Opening the ledger: one SQLAlchemy engine, brought to the newest revision first."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError

import stamina
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool

from headgate.ledger.migrating import migrate
from headgate.ledger.translated import translate_errors

_BUSY_TIMEOUT_SECONDS = 30
_CONNECT = {
    "connect_timeout": 10,
    # A server that has vanished says nothing; TCP notices, of what was sent and what is awaited.
    "tcp_user_timeout": 30_000,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
}
"""Of libpq: seconds, but milliseconds for `tcp_user_timeout`. An address may say otherwise."""
_SETTINGS = {
    "idle_in_transaction": "idle_in_transaction_session_timeout",
    "lock": "lock_timeout",
    "statement": "statement_timeout",
}


@dataclass(frozen=True)
class Limits:
    """How long the server lets a transaction wait.

    A process that is frozen in the middle of a write holds the lease of its job: the server ends
    its transaction, before whoever waits for that lease gives up.
    """

    idle_in_transaction: timedelta = timedelta(seconds=20)
    lock: timedelta = timedelta(seconds=30)
    statement: timedelta = timedelta(seconds=60)


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


def connect_to(url: str, password: str | None = None, limits: Limits | None = None) -> Engine:
    """An engine whose errors are headgate's own. Touches no table."""
    is_file = url.startswith("sqlite")
    engine = _sqlite(url) if is_file else _server(url, password, limits or Limits())
    translate_errors(engine)
    return engine


def _server(url: str, password: str | None, limits: Limits) -> Engine:
    """The pool asks each connection before it lends it: a server may have restarted."""
    whole = make_url(url)
    if password is not None:
        whole = whole.set(password=password)
    timeouts = {name: value for name, value in _CONNECT.items() if name not in whole.query}
    engine = create_engine(whole, pool_pre_ping=True, connect_args=timeouts)

    def limit(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for setting, duration in vars(limits).items():
            name = _SETTINGS[setting]
            milliseconds = str(duration // timedelta(milliseconds=1))
            cursor.execute("SELECT set_config(%s, %s, false)", (name, milliseconds))
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", limit)
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
