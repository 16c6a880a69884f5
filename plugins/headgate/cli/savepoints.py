"""`savepoint`, `savepoints`, `prove`, `dispose-savepoints`, `dispose-checkpoints`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from headgate.cli.console import out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.cli.running import run_each, run_one
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import SnapshotRecord
from headgate.operations.engine.running import operation_of
from headgate.operations.savepoint import BY_POLICY
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed

_COLOURS = {"whole": "green", "disposing": "yellow", "quarantined": "red"}

JobsArgument = Annotated[list[str], typer.Argument(help="Jobs, by their folders' names.")]
FormatOption = Annotated[
    str,
    typer.Option("--format", help="canonical, native, or policy: what job.yaml says."),
]
ProveOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="LOCATION",
        help="This one instead of the newest, also one in quarantine: restored, it leaves it.",
    ),
]
LocationOption = Annotated[str | None, typer.Option(help="LOCATION of the savepoint.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Savepoints")(savepoint)
    app.command(rich_help_panel="Savepoints")(savepoints)
    app.command(rich_help_panel="Savepoints")(prove)
    app.command(rich_help_panel="Savepoints")(dispose_savepoints)
    app.command(rich_help_panel="Savepoints")(dispose_checkpoints)


def savepoint(
    jobs: JobsArgument, *, savepoint_format: FormatOption = BY_POLICY, env: EnvironmentOption = None
) -> None:
    """Take a savepoint of running jobs, which go on running."""
    services = Services(project(), environment(env))
    run_each(services, "savepoint", _names(jobs), {"format": savepoint_format})


def prove(
    jobs: JobsArgument, *, location: ProveOption = None, env: EnvironmentOption = None
) -> None:
    """Restore the newest savepoint of jobs in a shadow job that publishes nothing."""
    names = _names(jobs)
    if location is not None and len(names) != 1:
        raise Rejected(
            "--from names the savepoint of one job",
            still_true="Nothing was changed.",
            next_step=f"headgate prove JOB --from {location}",
        )
    services = Services(project(), environment(env))
    run_each(services, "prove", names, {"from": location})


def dispose_savepoints(jobs: JobsArgument, *, env: EnvironmentOption = None) -> None:
    """Dispose of the savepoints that the policy of job.yaml no longer keeps."""
    services = Services(project(), environment(env))
    run_each(services, "dispose_savepoints", _names(jobs), {})


def dispose_checkpoints(jobs: JobsArgument, *, env: EnvironmentOption = None) -> None:
    """Delete the retained checkpoints of submissions that nothing goes back to any more."""
    services = Services(project(), environment(env))
    run_each(services, "dispose_checkpoints", _names(jobs), {})


def savepoints(
    job: Annotated[str, typer.Argument(help="Job, by its folder's name.")],
    *,
    pin: LocationOption = None,
    unpin: LocationOption = None,
    json: JsonOption = False,
    env: EnvironmentOption = None,
) -> None:
    """List the savepoints of a job, newest first; or pin one, so that it is never disposed of."""
    services = Services(project(), environment(env))
    name = JobName(job)
    refuse_never_deployed(services, name)
    for location, pinned in ((pin, True), (unpin, False)):
        if location is not None:
            options = {"location": location, "pinned": pinned}
            request = operation_of("pin_savepoint").request(services, name, options)
            run_one(services, "pin_savepoint", name, request)
    records = services.ledger.snapshots(name)
    now = services.clock.now()
    if json:
        print_json([_as_json(record, now) for record in records])
    elif records:
        out.print(_table(records, now))
    else:
        out.print(f"{job} has no recorded savepoint.")


def _names(jobs: Sequence[str]) -> list[JobName]:
    return [JobName(job) for job in dict.fromkeys(jobs)]


def _as_json(record: SnapshotRecord, now: datetime) -> dict[str, Any]:
    """For machines: durations in seconds, times as ISO 8601, sizes in bytes."""
    return {
        **vars(record),
        "taken_at": record.taken_at.isoformat(),
        "proven_at": record.proven_at.isoformat() if record.proven_at else None,
        "age": round((now - record.taken_at).total_seconds(), 3),
        "duration": record.duration_ms / 1000 if record.duration_ms is not None else None,
    }


def _table(records: Sequence[SnapshotRecord], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("STATE", no_wrap=True)
    for column in ("AGE", "SIZE", "TOOK"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("FLINK", "FORMAT", "ORIGIN", "PINNED", "PROVEN"):
        table.add_column(column, no_wrap=True)
    table.add_column("LOCATION", overflow="fold")
    for record in records:
        table.add_row(
            Text(record.state, style=_COLOURS.get(record.state, "")),
            _age(now - record.taken_at),
            _size(record.size_bytes),
            f"{record.duration_ms / 1000:.1f} s" if record.duration_ms is not None else "",
            record.flink_version or record.line,
            record.format,
            record.origin.replace("_", " "),
            "pinned" if record.pinned else "",
            f"{_age(now - record.proven_at)} ago" if record.proven_at else "",
            record.location,
        )
    return table


def _age(age: timedelta) -> str:
    """In the largest two units."""
    minutes, seconds = divmod(max(0, int(age.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    first = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2])


def _size(size: int | None) -> str:
    if size is None:
        return ""
    value, units = float(size), ("B", "KiB", "MiB", "GiB", "TiB")
    unit = 0
    while value >= 1024 and unit < len(units) - 1:  # noqa: PLR2004 - as the units say
        value, unit = value / 1024, unit + 1
    return f"{value:,.0f} {units[unit]}" if not unit else f"{value:,.1f} {units[unit]}"
