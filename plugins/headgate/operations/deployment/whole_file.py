"""Files that appear whole or not at all, and what to say where they cannot be written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headgate.errors import Rejected
from headgate.operations.engine.step import Run


def write_whole(file: Path, text: str) -> None:
    """Write a file whole, its folders too; a reader never sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(file, text)


def replace_whole(file: Path, text: str) -> None:
    """As `write_whole`, into a folder that is there. Raises OSError where it is not."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def writing_artefacts(run: Run, *, still_true: str) -> Iterator[None]:
    """Translates what keeps files from being written into the folder of artefacts.

    Raises:
        Rejected: its disk is full, or it may not be written to.

    """
    try:
        yield
    except OSError as error:
        folder = run.services.environment.settings.artefacts
        raise Rejected(
            f"{run.job}: the artefacts at {folder} cannot be written: {error.strerror}",
            still_true=still_true,
            next_step=f"make room there or let headgate write there, then headgate "
            f"{run.operation.kind} {run.job}",
        ) from error
