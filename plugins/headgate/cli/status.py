"""`status`: how jobs stand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from headgate.cli.console import out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.operations.job_status import JobStatus
from headgate.operations.services import Services
from headgate.operations.status import status_of_all, status_of_some
from headgate.operations.status_text import (
    COLUMNS,
    NARROW_COLUMNS,
    TEXT_COLUMNS,
    cells,
    details,
    remark,
)
from headgate.spec.load import load_declared
from headgate.spec.unknown_jobs import refuse_unknown_jobs

_COLOURS = {
    "healthy": "green",
    "degraded": "yellow",
    "failing": "red",
    "missing": "red",
    "unknown": "magenta",
}
_BAD = ("failing", "missing", "unknown")
_WIDE = 110
"""Characters from which all columns are shown."""
_EVERY = timedelta(seconds=3)

WatchOption = Annotated[
    bool, typer.Option("--watch", help="Look again every three seconds, until Ctrl-C.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Jobs")(status)


def status(
    jobs: Annotated[list[str] | None, typer.Argument(help="Jobs; all if none is named.")] = None,
    *,
    json: JsonOption = False,
    watch: WatchOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Show how jobs stand. Exit code 1 if one of them is failing, missing or unknown."""
    if watch and json:
        raise Rejected("--watch is for people, --json for programs", next_step="choose one of them")
    services = Services(project(), environment(env))
    if watch:
        _watch(services, jobs or [])
    statuses = _statuses(services, jobs or [])
    if json:
        print_json([one.as_json() for one in statuses])
    else:
        out.print(shown(statuses, services.clock.now(), out.width))
    if any(one.state in _BAD for one in statuses):
        raise typer.Exit(1)


def _watch(services: Services, jobs: list[str]) -> None:
    with Live(console=out, auto_refresh=False) as live:
        while True:
            statuses = _statuses(services, jobs)
            live.update(shown(statuses, services.clock.now(), out.width), refresh=True)
            services.clock.sleep(_EVERY)


def _statuses(services: Services, jobs: list[str]) -> Sequence[JobStatus]:
    declared = load_declared(services.project)
    if not jobs:
        return status_of_all(services, declared)
    recorded = {deployment.job for deployment in services.ledger.deployments()}
    refuse_unknown_jobs(jobs, set(declared.jobs) | recorded)
    return status_of_some(services, [JobName(job) for job in jobs], declared)


def shown(statuses: Sequence[JobStatus], now: datetime, width: int) -> Group:
    """The table with what is to be said beneath it, for a terminal of `width` characters."""
    is_wide = width >= _WIDE
    columns = COLUMNS if is_wide else NARROW_COLUMNS
    table = Table(
        box=None, pad_edge=False, header_style="dim", padding=(0, 2 if is_wide else 1, 0, 0)
    )
    for column in columns:
        table.add_column(
            column, no_wrap=True, justify="left" if column in TEXT_COLUMNS else "right"
        )
    for one in statuses:
        row = cells(one, now)
        coloured = {"STATE": Text(one.state, style=_COLOURS.get(one.state, "dim"))}
        table.add_row(*(coloured.get(name, Text(row[name])) for name in columns))
    lines = [Text(f"{one.job}: {remark(one)}") for one in statuses if remark(one)]
    more = [Text(line, style="dim") for one in statuses for line in details(one)]
    return Group(table, *lines, *(more if len(statuses) == 1 else ()))
