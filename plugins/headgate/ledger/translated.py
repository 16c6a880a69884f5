"""What an error of the database means for what was to be written; the one place that says it."""

from weakref import WeakSet

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

from headgate.errors import HeadgateError, Indeterminate, Rejected
from headgate.ledger.errors import LedgerUnavailable

_IDLE_IN_TRANSACTION = "25P03"
"""The server has ended a transaction in which its client did nothing for too long."""
_CHECK = "check `ledger` in headgate.toml and that its server runs"


def translate_errors(engine: Engine) -> None:
    """Let every use of the engine raise headgate's own errors.

    A connection lost before COMMIT was sent has changed nothing: `LedgerUnavailable`. One lost
    while COMMIT was under way may have written all or nothing: `Indeterminate`. Tables that are
    not there are those of a newer headgate, which migrated the ledger meanwhile: `Rejected`. So is
    a value that no column takes. Waits are bounded by the server (see `database`): one that was cut
    off has changed nothing. Broken constraints are mistakes of headgate and stay as they are.
    """
    committing: WeakSet[Connection] = WeakSet()
    event.listen(engine, "begin", committing.discard)
    event.listen(engine, "commit", committing.add)

    def translated(context: ExceptionContext) -> HeadgateError | None:
        if context.is_pre_ping:
            return None
        error = context.sqlalchemy_exception
        if _was_ended_while_idle(error):
            return _unavailable(engine)
        at_commit = context.connection is not None and context.connection in committing
        if isinstance(error, (OperationalError, InterfaceError)):
            return _indeterminate(engine) if at_commit else _unavailable(engine)
        if isinstance(error, ProgrammingError):
            return _other_tables(engine)
        if isinstance(error, DataError):
            return _unfit_value(engine, error)
        return None

    event.listen(engine, "handle_error", translated)


def place_of(engine: Engine) -> str:
    """Where the ledger is, without its password."""
    return f"the ledger at {engine.url.render_as_string(hide_password=True)}"


def _unavailable(engine: Engine) -> LedgerUnavailable:
    return LedgerUnavailable(
        f"{place_of(engine)} cannot be used: its server does not answer or refuses",
        still_true="Nothing was written.",
        next_step=f"{_CHECK}; then run the same command again",
    )


def _indeterminate(engine: Engine) -> Indeterminate:
    return Indeterminate(
        f"{place_of(engine)} was lost while a write was being committed: it may be there or not",
        still_true="Written is all of it or nothing.",
        next_step="run the same command again: it looks first",
    )


def _was_ended_while_idle(error: object) -> bool:
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return state == _IDLE_IN_TRANSACTION


def _unfit_value(engine: Engine, error: DataError) -> Rejected:
    why = str(error.orig).splitlines()[0]
    return Rejected(
        f"{place_of(engine)} does not take a value: {why}",
        still_true="Nothing was written.",
        next_step="headgate status; tell of this as an error of headgate",
    )


def _other_tables(engine: Engine) -> Rejected:
    return Rejected(
        f"{place_of(engine)} has other tables than this headgate knows",
        still_true="Nothing was written.",
        next_step="headgate status (tells whether this headgate is older than its ledger)",
    )
