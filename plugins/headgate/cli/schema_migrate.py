"""`headgate schema migrate`: the way of a topic to a schema that breaks its contract."""

from typing import Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from headgate.cli.console import err, out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.cli.topic_names import complete_topic
from headgate.ids import TopicName
from headgate.operations.contracts.schema_migration import find_migration
from headgate.operations.contracts.split_topic import split_topic
from headgate.operations.services import Services
from headgate.plan.migration_path import MigrationPath

TopicArgument = Annotated[
    str,
    typer.Argument(help="Topic whose schema is to change.", autocompletion=complete_topic),
]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Name of the new topic; else TOPIC-v2, or the next.")
]
WriteOption = Annotated[
    bool, typer.Option("--write", help="Make the first step: move the changed schema.")
]


def register(group: typer.Typer) -> None:
    """Add the command to `headgate schema`."""
    group.command("migrate")(migrate)


def migrate(
    topic: TopicArgument,
    *,
    to: ToOption = None,
    write: WriteOption = False,
    env: EnvironmentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the way to a new topic for a change that breaks registered versions.

    Nothing is changed without --write, which changes files below schemas/ alone. Once the first
    step is made, name the new topic by --to to see the way again.
    """
    services = Services(project(), environment(env))
    found = find_migration(services, TopicName(topic), TopicName(to) if to else None)
    if write:
        split_topic(services.project, found)
    if as_json:
        print_json({**found.path.to_json(), "written": write})
        return
    _show(found.path)
    if write:
        err.print(
            f"Step 1 is made: schemas/{found.path.new_topic}/ is written, and schemas/{topic}/ is "
            "as registered. Next: headgate plan",
            soft_wrap=True,
        )


def _show(path: MigrationPath) -> None:
    out.print(Text.assemble((f"{path.topic} → {path.new_topic}", "bold")))
    for found in path.breaks:
        out.print(Text(f"- {found}", style="red"))
    for note in path.notes:
        out.print(Text(note, style="yellow"))
    for number, step in enumerate(path.steps, 1):
        mark = "  (done)" if step.is_done else ""
        out.print()
        out.print(Text(f"{number}. {step.title}{mark}", style="bold"))
        out.print(Padding(Text(step.why, style="dim"), (0, 0, 0, 3), expand=False))
        for line in "\n".join(step.does).splitlines():
            style = "green" if line.startswith("headgate ") else ""
            out.print(Text(f"     {line}", style=style), soft_wrap=True)
