"""Completion of operation ids in the shell."""

from collections.abc import Sequence
from typing import Annotated

import typer

from headgate.cli.options import environment, project
from headgate.ledger.records import OperationState
from headgate.operations.services import Services

_OFFERED = 30


def _offered(incomplete: str, states: Sequence[OperationState]) -> list[tuple[str, str]]:
    """Ids with what they are; nothing at all where the ledger cannot be read."""
    try:
        services = Services(project(), environment(None))
        found = services.ledger.operations(states=states, id_prefix=incomplete, limit=_OFFERED)
    except Exception:  # noqa: BLE001 - a shell that completes is no place for an error
        return []
    return [(one.id, f"{one.kind} {one.job}, {one.state}") for one in found]


def _any(incomplete: str) -> list[tuple[str, str]]:
    return _offered(incomplete, ())


def _open(incomplete: str) -> list[tuple[str, str]]:
    return _offered(incomplete, ("running",))


AnyOperation = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]",
        help="Operation, or the beginning of its id; all if none is named.",
        autocompletion=_any,
    ),
]
OpenOperation = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="Operation, or the beginning of its id.", autocompletion=_open
    ),
]
