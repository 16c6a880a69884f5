"""`headgate demo`: everything from nothing to checked results, on this machine."""

import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from headgate.cli.console import err, out
from headgate.cli.options import StackOption, project
from headgate.cli.stages import show_stages
from headgate.demo.run import Demo, DemoResult, Fleet
from headgate.local.stack import down


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Embedded stack")(demo)


def demo(
    *,
    readings: Annotated[
        int, typer.Option(min=1_000, help="Readings that the comparison covers at least.")
    ] = 200_000,
    exit_after: Annotated[bool, typer.Option("--exit", help="Stop everything afterwards.")] = False,
    stack: StackOption = "default",
) -> None:
    """Start the stack and a fleet of devices, run the DAGs, and check every window.

    Exit code 0 only if no result was lost, repeated or wrong. Without --exit everything goes on
    running; Ctrl-C stops it.
    """
    folder = project()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with show_stages(err) as show:
            result = Demo(folder, stack, readings, Fleet(), show).run()
        _print_result(result)
    except BaseException as error:
        if exit_after or isinstance(error, KeyboardInterrupt):
            _stop(folder, stack)
        raise
    if exit_after:
        _stop(folder, stack)
    else:
        _print_access(result, stack)
    if not result.good:
        raise typer.Exit(1)


def _stop(folder: Path, stack: str) -> None:
    """Stop the stack; a second Ctrl-C does not cut it short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with err.status("stopping everything"):
        down(folder, stack)
    err.print("everything is stopped")


def _print_result(result: DemoResult) -> None:
    table = Table(title="Published windows against the oracle", title_justify="left")
    table.add_column("job")
    table.add_column("Flink")
    for column in ("records in", "windows out", "due", "lost", "repeated", "wrong", "late counted"):
        table.add_column(column, justify="right")
    for row in result.jobs:
        verdict = row.verdict
        faults = (verdict.lost, verdict.repeated, verdict.wrong)
        table.add_row(
            row.job,
            row.line,
            f"{row.readings:,}",
            f"{verdict.windows_out:,}",
            f"{verdict.windows_due:,}",
            *(Text(f"{fault:,}", style="bold red" if fault else "green") for fault in faults),
            f"{verdict.late_accepted:,}",
        )
    out.print(table)
    for row in result.jobs:
        for example in row.verdict.examples:
            out.print(f"{row.job}: {example}", style="red", soft_wrap=True)
    first = result.first_window_after.total_seconds()
    out.print(
        f"{result.readings:,} readings at {result.readings_per_second:,.0f} a second; "
        f"first window published {first:.0f} s after the start"
    )


def _print_access(result: DemoResult, stack: str) -> None:
    access = result.access
    lines = [f"Airflow    {access.airflow}  user {access.user}  password {access.password}"]
    lines += [f"Flink {line}  {address}" for line, address in sorted(access.flink.items())]
    option = "" if stack == "default" else f" --stack {stack}"
    lines += [
        "",
        "It goes on running. Look: headgate status; headgate ps;",
        "headgate tail device-minutes --from earliest",
        f"Stop it: headgate down{option}",
    ]
    out.print(Panel("\n".join(lines), title="Open in a browser", expand=False), soft_wrap=True)
