"""`adopt`: give a lost or older ledger its entries of a job back."""

from typing import Annotated

import typer
from rich.text import Text

from headgate.cli.agreeing import ask_whether
from headgate.cli.console import out
from headgate.cli.options import EnvironmentOption, environment, project
from headgate.cli.running import run_one
from headgate.ids import JobName
from headgate.operations.adopting.found_entries import FoundEntries, find_entries
from headgate.operations.engine.running import operation_of
from headgate.operations.services import Services

JobArgument = Annotated[str, typer.Argument(help="Job, by its folder's name.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Operations")(adopt)


def adopt(job: JobArgument, *, yes: YesOption = False, env: EnvironmentOption = None) -> None:
    """Give a lost or older ledger its entries of a job back, from Flink and storage.

    Shows what it would write, and asks. Neither Flink nor storage is changed.
    """
    services = Services(project(), environment(env))
    name = JobName(job)
    request = operation_of("adopt").request(services, name, {})
    found = find_entries(services, name)
    _show(found)
    if found.is_empty:
        return
    ask_whether("Write this into the ledger?", yes=yes, command=f"headgate adopt {job}")
    run_one(services, "adopt", name, request)


def _show(found: FoundEntries) -> None:
    for deployment in found.deployments:
        number = f"generation {deployment.generation}, attempt {deployment.attempt}"
        runs = ", runs" if deployment.flink_job_id == found.live else ""
        _line(
            f"+ deployment  {number}: {deployment.state}{runs}  "
            f"(Flink {deployment.line}, {deployment.flink_job_id})"
        )
    for snapshot in found.snapshots:
        _line(
            f"+ savepoint   {snapshot.location}  ({snapshot.format}, generation "
            f"{snapshot.generation}; pinned, so that retention leaves it alone)"
        )
    for note in found.notes:
        out.print(Text(f"  {note}", style="yellow"), soft_wrap=True)
    if found.is_empty:
        _line(f"Nothing to adopt: the ledger knows all that was found of {found.job}.")


def _line(text: str) -> None:
    out.print(Text(text), soft_wrap=True)
