"""`headgate schema`: the form of declared files, and the way of a schema to a new topic."""

import json
from collections.abc import Callable

import typer

from headgate.cli import schema_migrate
from headgate.spec.json_schema import DECLARED_FILES, DeclaredFile, json_schema

_FILES = {"topic": "topic.yaml", "job": "job.yaml", "config": "headgate.toml"}


def register(app: typer.Typer) -> None:
    """Add the command with its subcommands."""
    group = typer.Typer(
        no_args_is_help=True, help="Describe declared files, or move a topic to a new schema."
    )
    for kind in DECLARED_FILES:
        about = f"Print the JSON Schema of {_FILES[kind]}."
        group.command(kind, help=about)(_printing(kind))
    schema_migrate.register(group)
    app.add_typer(group, name="schema", rich_help_panel="Declarations")


def _printing(kind: DeclaredFile) -> Callable[[], None]:
    def show() -> None:
        print(json.dumps(json_schema(kind), indent=2))  # noqa: T201 - exact bytes

    return show
