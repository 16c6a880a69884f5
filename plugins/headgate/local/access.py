"""Reading the addresses and log-ins of a running stack."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import Unavailable
from headgate.local.layout import layout_of


@dataclass(frozen=True)
class Access:
    """Addresses for people. The password must not be logged; it may be shown to its owner."""

    airflow: str
    user: str
    password: str
    flink: Mapping[str, str]
    """Flink line → address of its UI."""


def read_access(project: Path, stack: str) -> Access:
    """What `up` has written for people. Raises Unavailable if the stack does not run."""
    file = layout_of(project, stack).access_file
    try:
        access = tomllib.loads(file.read_text())
    except FileNotFoundError:
        raise Unavailable(
            f"stack {stack!r} does not run", next_step=f"headgate up --stack {stack}"
        ) from None
    airflow = access["airflow"]
    return Access(airflow["address"], airflow["user"], airflow["password"], access["flink"])
