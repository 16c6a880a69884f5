"""The one real stack that all system tests share."""

import logging
import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.local.layout import Layout, layout_of
from headgate.local.stack import down, processes, up
from headgate.local.starting import Progress
from headgate.spec.declared import NamedEnvironment

PROJECT = Path(__file__).resolve().parents[2]
NAME = "test"
KEEP = "HEADGATE_KEEP_STACK"
"""Set to 1, the stack is left running for the next session."""


@dataclass(frozen=True)
class RunningStack(NamedEnvironment):
    """The environment of a stack with everything in it, Airflow included."""

    project: Path

    @property
    def access(self) -> dict[str, Any]:
        """Addresses and log-ins, as `access.toml` has them."""
        text = self._layout.access_file.read_text(encoding="utf-8")
        return tomllib.loads(text)

    def log(self, service: str) -> Path:
        """The log of a service."""
        return self._layout.log(service)

    @property
    def _layout(self) -> Layout:
        return layout_of(self.project, NAME)


@contextmanager
def running_stack() -> Iterator[RunningStack]:
    """The shared stack: one that runs is used as it is, else it is started with no state."""
    if not processes(PROJECT, NAME):
        down(PROJECT, NAME)
        shutil.rmtree(layout_of(PROJECT, NAME).root, ignore_errors=True)
    environment = up(PROJECT, NAME, progress=_tell)
    try:
        yield RunningStack(environment.name, environment.settings, environment.stack, PROJECT)
    finally:
        if os.environ.get(KEEP) != "1":
            down(PROJECT, NAME)


def _tell(progress: Progress) -> None:
    if progress.state in ("ready", "failed"):
        logging.getLogger(__name__).info("%s is %s", progress.service, progress.state)
