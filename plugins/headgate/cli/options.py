"""Options that many commands share, and the way from them to the declared world."""

from pathlib import Path
from typing import Annotated

import typer

from headgate.spec.declared import NamedEnvironment
from headgate.spec.load_environment import load_environment
from headgate.spec.project import find_project

EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--env", envvar="HEADGATE_ENV", help="Environment of headgate.toml.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
StackOption = Annotated[
    str, typer.Option("--stack", envvar="HEADGATE_STACK", help="Name of the embedded stack.")
]


def project() -> Path:
    """The project folder: HEADGATE_PROJECT, else the nearest folder above with headgate.toml."""
    return find_project(Path.cwd())


def environment(name: str | None) -> NamedEnvironment:
    """The environment that `--env` names, or the default of headgate.toml."""
    return load_environment(project(), name)
