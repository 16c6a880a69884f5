"""Asking whether to go on, where somebody can answer, and who that is."""

import sys
from getpass import getuser
from socket import gethostname

import typer

from headgate.errors import Rejected


def ask_whether(question: str, *, yes: bool, command: str) -> None:
    """Return if the answer is yes, or was given before by `--yes`; otherwise end the command.

    Raises:
        Rejected: nobody can answer here.

    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Rejected(
            f"{command}: asks before it acts, and nobody can answer here",
            still_true="Nothing was changed.",
            next_step=f"{command} --yes",
        )
    typer.confirm(question, abort=True, err=True)


def is_answered(question: str, *, yes: bool) -> bool | None:
    """The answer; None where nobody can answer here."""
    if yes:
        return True
    if not sys.stdin.isatty():
        return None
    return typer.confirm(question, err=True)


def this_user() -> str:
    """Who has given the command, for the ledger."""
    return f"{getuser()}@{gethostname()}"
