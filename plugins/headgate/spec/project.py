"""Find the project folder: the one that holds `headgate.toml`."""

import os
from pathlib import Path

from headgate.errors import Rejected

CONFIG_FILE = "headgate.toml"
VARIABLE = "HEADGATE_PROJECT"


def find_project(start: Path) -> Path:
    """The folder that HEADGATE_PROJECT names, else the nearest of `start` and those above it.

    Raises `Rejected` when there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named).absolute()
        if not (folder / CONFIG_FILE).is_file():
            raise Rejected(
                f"{VARIABLE} names {folder}, which holds no {CONFIG_FILE}",
                next_step=f"set {VARIABLE} to the project folder, or unset it",
            )
        return folder
    start = start.absolute()
    for folder in (start, *start.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder
    raise Rejected(
        f"there is no {CONFIG_FILE} in {start} or in a folder above it",
        next_step=f"change into the project folder, or set {VARIABLE}",
    )
