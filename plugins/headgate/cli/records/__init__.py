"""`tail` and `produce`: look at the records of a topic, and put some there."""

import typer

from headgate.cli.records.produce import produce
from headgate.cli.records.tail import tail


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Records")(tail)
    app.command(rich_help_panel="Records")(produce)
