"""Bringing the ledger's tables to the newest revision, and leaving those of the future alone."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from headgate.errors import Rejected
from headgate.ledger.translated import place_of

_LOCK = "SELECT pg_advisory_xact_lock(4861641)"


def migrate(connection: Connection, revision: str = "head") -> None:
    """Upgrade to a revision, in the transaction of this connection.

    Processes that open the ledger at the same time take turns: the first one migrates, the others
    find it done.

    Raises:
        Rejected: a newer headgate has made the tables; they are left as they are.

    """
    configuration = _configuration(connection)
    scripts = ScriptDirectory.from_config(configuration)
    if _revision(connection) == _wanted(scripts, revision):
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK)
    _refuse_future(connection, scripts)
    # Alembic tells of every opening, in whatever log it is asked from.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command.upgrade(configuration, revision)


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    folder = Path(__file__).parent / "migrations"
    configuration.set_main_option("script_location", str(folder).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration


def _wanted(scripts: ScriptDirectory, revision: str) -> str | None:
    return scripts.get_current_head() if revision == "head" else revision


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_future(connection: Connection, scripts: ScriptDirectory) -> None:
    there = _revision(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    if there is not None and there not in known:
        raise Rejected(
            f"{place_of(connection.engine)} was made by a newer headgate: it is of revision "
            f"{there}, this headgate knows up to {scripts.get_current_head()}",
            still_true="Nothing in it was changed.",
            next_step="update headgate here (git pull, make install)",
        )
