"""`headgate up | down | ps | logs`: the embedded stack."""

import signal
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from headgate.cli.console import out, print_json
from headgate.cli.options import JsonOption, StackOption, project
from headgate.cli.stack_log import print_log
from headgate.cli.stack_progress import show_progress
from headgate.errors import Rejected, Unavailable
from headgate.local.layout import layout_of
from headgate.local.processes import ServiceStatus
from headgate.local.stack import COMPONENTS, down, processes, up

_INTERRUPTED = 130
_STYLES = {"running": "green", "starting": "yellow", "stopping": "yellow", "stopped": "dim"}


def register(app: typer.Typer) -> None:
    """Add the commands of the embedded stack."""
    group = {"rich_help_panel": "Embedded stack"}
    app.command("up", **group)(up_command)  # type: ignore[arg-type]
    app.command("down", **group)(down_command)  # type: ignore[arg-type]
    app.command("ps", **group)(ps_command)  # type: ignore[arg-type]
    app.command("logs", **group)(logs_command)  # type: ignore[arg-type]


def up_command(
    stack: StackOption = "default",
    without: Annotated[
        list[str] | None,
        typer.Option(help=f"Leave a component out: {', '.join(COMPONENTS)}. May be repeated."),
    ] = None,
) -> None:
    """Start Kafka, registry, Flink and Airflow, and wait until they are ready.

    What runs already is left alone; what died is started again. Ctrl-C stops what was started.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = project()
    try:
        with show_progress(out) as report:
            up(folder, stack, frozenset(without or ()), report)
    except KeyboardInterrupt:
        out.print("Interrupted: what this call had started is stopped.")
        raise typer.Exit(_INTERRUPTED) from None
    for service in processes(folder, stack):
        if service.address:
            out.print(f"  {service.service:<24}{service.address}")
    out.print(f"  log-ins: {layout_of(folder, stack).access_file}", soft_wrap=True)


def down_command(stack: StackOption = "default") -> None:
    """Stop everything of the stack; topics, schemas, checkpoints and the ledger stay."""
    with out.status(f"Stopping stack {stack} ..."):
        ran = down(project(), stack)
    out.print(f"Stack {stack} is stopped." if ran else f"Stack {stack} was not running.")


def ps_command(
    stack: StackOption = "default",
    as_json: JsonOption = False,  # noqa: FBT002 - typer reads options this way
) -> None:
    """List the services of the stack with state, memory and address."""
    services = processes(project(), stack)
    if as_json:
        print_json([_plain(service) for service in services])
    elif services:
        out.print(_table(stack, services))
    else:
        out.print(f"Stack {stack} does not run. Start it: headgate up --stack {stack}")


def logs_command(
    service: Annotated[str, typer.Argument(help="A service as `headgate ps` names it.")],
    stack: StackOption = "default",
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last.")] = 50,
    follow: Annotated[  # noqa: FBT002 - typer reads options this way
        bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")
    ] = False,
) -> None:
    """Print the log of one service."""
    layout = layout_of(project(), stack)
    log = layout.log(service)
    known = sorted(path.stem for path in log.parent.glob("*.log"))
    if not known:
        raise Unavailable(
            f"Stack {stack} has no logs yet", next_step=f"headgate up --stack {stack}"
        )
    if service not in known:
        raise Rejected(
            f"There is no service {service!r} in stack {stack}",
            next_step=f"headgate logs with one of: {', '.join(known)}",
        )
    try:
        print_log(log, lines, follow=follow)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None


def _table(stack: str, services: list[ServiceStatus]) -> Table:
    total = sum(service.memory or 0 for service in services)
    table = Table(
        title=f"Stack {stack}", title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for heading in ("Service", "State"):
        table.add_column(heading, no_wrap=True)
    for heading in ("PID", "Up", "Memory"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Address", overflow="fold")
    for service in services:
        table.add_row(
            service.service,
            Text(service.state, style=_STYLES.get(service.state, "bold red")),
            str(service.pid or ""),
            _age(service.uptime),
            _size(service.memory),
            service.address or "",
        )
    table.add_row()
    table.add_row(Text("all", style="dim"), "", "", "", _size(total), "")
    return table


def _age(uptime: timedelta | None) -> str:
    if uptime is None:
        return ""
    minutes, seconds = divmod(int(uptime.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {seconds:02}s"


def _size(memory: int | None) -> str:
    return "" if memory is None else f"{memory / 2**20:.0f} MiB"


def _plain(service: ServiceStatus) -> dict[str, object]:
    values = asdict(service)
    uptime, log = service.uptime, service.log
    del values["uptime"], values["memory"]
    return values | {
        "log": str(log) if isinstance(log, Path) else log,
        "uptime_seconds": None if uptime is None else int(uptime.total_seconds()),
        "memory_bytes": service.memory,
    }
