"""Files that are either whole or not there, and secret ones that nobody else may read."""

import os
from pathlib import Path


def write_whole(path: Path, text: str, *, secret: bool = False, executable: bool = False) -> None:
    """Replace a file at once; a crash leaves the old one or the new one.

    The mode is 0600 from the first byte if `secret`, 0700 if `executable`, else 0644.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o700 if executable else 0o600 if secret else 0o644
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log; nothing if there is none yet."""
    size = 400 * lines
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
