"""Print the end of a log, and what is added to it."""

import os
import sys
import time
from pathlib import Path
from typing import IO

from headgate.local.files import tail

_POLL_SECONDS = 0.2


def print_log(path: Path, lines: int, *, follow: bool) -> None:
    """Print the last lines; with `follow` go on for ever, also after the log was rotated."""
    file = path.open(encoding="utf-8", errors="replace") if follow else None
    if file is not None:
        file.seek(0, os.SEEK_END)
    for line in tail(path, lines) if lines else []:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    while file is not None:
        _copy(file)
        if _was_rotated(file, path):
            _copy(file)
            file.close()
            file = path.open(encoding="utf-8", errors="replace")
        time.sleep(_POLL_SECONDS)


def _copy(file: IO[str]) -> None:
    if text := file.read():
        sys.stdout.write(text)
        sys.stdout.flush()


def _was_rotated(file: IO[str], path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False  # between the renaming and the new file
    return there.st_ino != os.fstat(file.fileno()).st_ino or there.st_size < file.tell()
