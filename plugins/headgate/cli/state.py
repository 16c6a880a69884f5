"""`state`: what state a job keeps, and whether it would fit what is declared."""

from typing import Annotated

import typer
from rich.table import Table

from headgate.cli.console import out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.ids import JobName
from headgate.operations.job_state import JobState, state_of_job
from headgate.operations.services import Services
from headgate.plan.state_manifest import StateManifest
from headgate.spec.load import load_declared
from headgate.spec.unknown_jobs import refuse_unknown_jobs

_FITS = {
    None: "",
    "none": "What is declared keeps the same state.",
    "compatible": "What is declared adds state; the rest is restored.",
    "incompatible": "What is declared cannot restore this state.",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Jobs")(state)


def state(
    job: Annotated[str, typer.Argument(help="Job, by its folder's name.")],
    *,
    json: JsonOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Show the state that a job keeps. Exit code 3 if it does not fit what is declared now."""
    services = Services(project(), environment(env))
    declared = load_declared(services.project)
    recorded = {deployment.job for deployment in services.ledger.deployments()}
    refuse_unknown_jobs([job], set(declared.jobs) | recorded)
    found = state_of_job(services, JobName(job), declared)
    if json:
        print_json(found.as_json())
    else:
        _print(found)
    if found.fit == "incompatible":
        raise typer.Exit(3)


def _print(found: JobState) -> None:
    if found.recorded is not None:
        out.print(f"As recorded for Flink job {found.flink_job_id}:", soft_wrap=True)
        out.print(_table(found.recorded))
    elif found.declared is not None:
        known = "its state was not recorded" if found.flink_job_id else "never deployed"
        out.print(f"As declared now ({known}):")
        out.print(_table(found.declared))
    for one in found.differences:
        out.print(f"{'+' if one.is_compatible else '!'} {one.in_words()}", soft_wrap=True)
    if found.is_other_sql:
        out.print("! the SQL is another than the one that was deployed", soft_wrap=True)
    out.print(_FITS[found.fit], soft_wrap=True)


def _table(manifest: StateManifest) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("OPERATOR", "KEY", "STATE", "TYPE"):
        table.add_column(column, overflow="fold")
    for uid, operator in sorted(manifest.operators.items()):
        for name, kind in sorted(operator.states.items()):
            table.add_row(uid, operator.key or "", name, kind)
    return table
