"""The one real stack that all system tests share."""

import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headgate.local.layout import layout_of
from headgate.local.stack import down, processes, up
from headgate.local.starting import Progress
from headgate.spec.declared import NamedEnvironment

PROJECT = Path(__file__).resolve().parents[2]
NAME = "test"
KEEP = "HEADGATE_KEEP_STACK"
"""Set to 1, the stack is left running for the next session."""


@dataclass(frozen=True)
class RunningStack:
    """A stack with everything in it, Airflow included."""

    project: Path
    name: str
    environment: NamedEnvironment

    @property
    def airflow(self) -> dict[str, str]:
        """`address`, `user` and `password` of Airflow."""
        text = layout_of(self.project, self.name).access_file.read_text(encoding="utf-8")
        access: dict[str, str] = tomllib.loads(text)["airflow"]
        return access

    def log(self, service: str) -> Path:
        """The log of a service."""
        return layout_of(self.project, self.name).log(service)


@contextmanager
def running_stack() -> Iterator[RunningStack]:
    """The shared stack: one that runs is used as it is, else it is started with no state."""
    if not processes(PROJECT, NAME):
        down(PROJECT, NAME)
        shutil.rmtree(layout_of(PROJECT, NAME).root, ignore_errors=True)
    environment = up(PROJECT, NAME, progress=_tell)
    try:
        yield RunningStack(PROJECT, NAME, environment)
    finally:
        if os.environ.get(KEEP) != "1":
            down(PROJECT, NAME)


def _tell(progress: Progress) -> None:
    if progress.state in ("ready", "failed"):
        print(f"{progress.seconds:6.1f} s  {progress.service} is {progress.state}")
