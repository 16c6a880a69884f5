"""A small disk of its own below a folder, which a test fills up and makes room on again."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SIZE = "64m"
_CHUNKS = (1 << 16, 1 << 12, 1)
"""A disk is full when not one byte more goes into a file that is there."""


class SmallDisk:
    """Mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    @contextmanager
    def full(self) -> Iterator[None]:
        """Full at once, with room again at the end."""
        self.fill()
        try:
            yield
        finally:
            self.make_room()

    def fill(self) -> None:
        """Until no byte more can be written."""
        with self._filler.open("wb", buffering=0) as file:
            for size in _CHUNKS:
                _write_until_full(file.fileno(), bytes(size))

    def make_room(self) -> None:
        """As much as there was; no error where it was not full."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount one over a folder that is made where it is missing; skips where that is impossible."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "headgate-test", str(folder)]
    # Lazily: a server that still holds a file there keeps it until it ends.
    unmount = ["umount", "--lazy", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else error
        pytest.skip(f"no disk of a limited size can be mounted here: {said}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(unmount, check=True)


def _write_until_full(file: int, chunk: bytes) -> None:
    while True:
        try:
            os.write(file, chunk)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return
