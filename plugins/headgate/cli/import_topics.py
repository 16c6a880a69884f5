"""`headgate import`: folders from a cluster that other tools have filled."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from headgate.cli.console import err, out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.ids import TopicName
from headgate.operations.importing import import_topics as importing
from headgate.operations.services import Services
from headgate.spec.load import SCHEMAS

TopicsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[TOPIC]...", help="Topics; all if none is named.")
]
IntoOption = Annotated[
    Path | None,
    typer.Option(
        "--into", file_okay=False, help="Folder that gets the topics' folders; else schemas/."
    ),
]
OwnerOption = Annotated[
    str, typer.Option("--owner", help="Team or person to write into every topic.yaml.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import", rich_help_panel="Declarations")(import_command)


def import_command(
    topics: TopicsArgument = None,
    *,
    into: IntoOption = None,
    owner: OwnerOption = "unknown",
    env: EnvironmentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write folders for topics that other tools made, so that `headgate plan` has nothing to do.

    Kafka and the registry are only read, and a folder that exists is never touched. Exit code 1 if
    a named topic cannot be imported; the others are written all the same.
    """
    folder = project()
    services = Services(folder, environment(env))
    names = tuple(dict.fromkeys(TopicName(topic) for topic in topics or ()))
    request = importing.ImportRequest(names, (into or folder / SCHEMAS).absolute(), owner)
    with (
        _progress(quiet=as_json) as progress,
        importing.prepared_import(services, request, progress) as found,
    ):
        if not as_json:
            _show_ready(found)
        found.write()
    if as_json:
        print_json(found.to_json())
    else:
        _show_outcome(found, request.into)
    raise typer.Exit(found.exit_code(names))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[importing.Progress]:
    """A bar on a terminal, nothing elsewhere."""
    if quiet or not err.is_terminal:
        yield lambda _done, _total, _name: None
        return
    columns = (
        TextColumn("reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, name: bar.update(
            task, completed=done, total=total, description=name
        )


def _show_ready(found: importing.Import) -> None:
    if not found.ready:
        return
    table = Table(box=None, pad_edge=False, header_style="dim", title="To be written")
    table.title_justify = "left"
    for column in ("TOPIC", "PARTITIONS", "RETENTION", "KEY"):
        table.add_column(column, overflow="fold")
    table.columns[1].justify = "right"
    for topic in found.ready:
        table.add_row(topic.name, str(topic.partitions), topic.retention, topic.key)
    out.print(table)
    for topic in found.ready:
        for remark in topic.remarks:
            out.print(Text.assemble((f"{topic.name}: ", "yellow"), remark), soft_wrap=True)
    unknown = sum(topic.key == "unknown" for topic in found.ready)
    if unknown:
        out.print(f"Of {unknown} the key could not be told; why stands in topic.yaml.")


def _show_outcome(found: importing.Import, into: Path) -> None:
    for name, reason in sorted(found.refused.items()):
        err.print(Text.assemble((f"{name}: not imported: ", "bold red"), reason), soft_wrap=True)
    if found.declared:
        out.print(f"{len(found.declared)} declared already, left alone.")
    written = len(found.written)
    out.print(f"{written} written to {into}, {len(found.refused)} not imported.", soft_wrap=True)
    if written:
        out.print("Next: headgate plan, then say in each topic.yaml what a record means.")
