"""`headgate contract`: what a topic promises, and who depends on it."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from headgate.cli.console import out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.cli.topic_names import complete_topic
from headgate.ids import TopicName
from headgate.operations.contracts.contract_of import contract_of
from headgate.operations.services import Services
from headgate.plan.topic_contract import Setting, TopicContract, Version

TopicArgument = Annotated[
    str, typer.Argument(help="Topic, by its folder's name.", autocompletion=complete_topic)
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Declarations")(contract)


def contract(
    topic: TopicArgument, *, env: EnvironmentOption = None, as_json: JsonOption = False
) -> None:
    """Show a topic's contract: fields, key, retention, versions, and the jobs that use it."""
    found = contract_of(Services(project(), environment(env)), TopicName(topic))
    if as_json:
        print_json(found.to_json())
    else:
        _show(found)


def _show(found: TopicContract) -> None:
    out.print(Text.assemble((found.name, "bold"), f"  owned by {found.owner}"))
    out.print(Text(found.description))
    if found.deletion is not None:
        out.print(Text(f"Marked for deletion: {found.deletion}", style="bold red"))
    out.print(Text(f"Key: {', '.join(found.key) or 'none'}"))
    _show_state(found)
    _titled("Fields", _fields(found))
    _titled("Settings", _settings(found.settings))
    _titled("Versions", _versions(found.versions))
    _titled("Jobs", _uses(found))


def _show_state(found: TopicContract) -> None:
    if not found.pending:
        out.print(Text("Everything is as declared.", style="green"))
        return
    kinds = ", ".join(f"{change.operation} {change.kind}" for change in found.pending)
    out.print(Text(f"Not as declared: {kinds}. Next: headgate plan", style="yellow"))


def _titled(title: str, table: Table) -> None:
    out.print()
    out.print(Text(title, style="bold"))
    out.print(table if table.rows else Text("none", style="dim"))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _fields(found: TopicContract) -> Table:
    table = _table("FIELD", "TYPE", "NULL", "MEANING")
    for field in found.fields:
        table.add_row(field.name, field.type, "yes" if field.nullable else "", field.doc)
    return table


def _settings(settings: tuple[Setting, ...]) -> Table:
    table = _table("SETTING", "DECLARED", "IN FORCE")
    for setting in settings:
        table.add_row(setting.name, setting.declared, setting.in_force)
    return table


def _versions(versions: tuple[Version, ...]) -> Table:
    table = _table("SUBJECT", "VERSION", "ID", "REGISTERED", "BY")
    for version in versions:
        applied = version.applied
        mark = " (declared)" if version.is_declared else ""
        table.add_row(
            version.subject,
            f"{version.number}{mark}",
            str(version.id),
            f"{applied.at:%Y-%m-%d %H:%M} UTC" if applied else "not by headgate",
            applied.surface if applied else "",
        )
    return table


def _uses(found: TopicContract) -> Table:
    table = _table("JOB", "USE", "DECLARED", "DEPLOYED")
    for use in found.uses:
        flags = ("yes" if flag else "no" for flag in (use.is_declared, use.is_deployed))
        table.add_row(use.job, use.how, *flags)
    return table
