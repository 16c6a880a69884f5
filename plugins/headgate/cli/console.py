"""What people read: two consoles, errors with their next step, and JSON for machines."""

import json
import os
from typing import Any

from rich.console import Console
from rich.text import Text

from headgate.errors import HeadgateError

_WIDTH_OF_FILES = 140
"""Columns where there is no terminal and COLUMNS says nothing: tables in logs stay whole."""


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_FILES
    return console


out = _console(stderr=False)
err = _console(stderr=True)


def report_error(error: HeadgateError) -> None:
    """Print what happened, what stays true and the next step to standard error."""
    err.print(Text(error.what, style="bold red"), soft_wrap=True)
    if error.still_true:
        err.print(Text(error.still_true), soft_wrap=True)
    if error.next_step:
        err.print(Text.assemble(("Next: ", "bold"), error.next_step), soft_wrap=True)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever json can write
    """Print one JSON document to standard output, without colours or wrapping."""
    print(json.dumps(value, indent=2, default=str))  # noqa: T201 - rich would wrap long lines
