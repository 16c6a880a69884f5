"""`deploy`, `stop` and `status`: the life of jobs."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from headgate.cli.console import err, out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.cli.progress import show_progress
from headgate.ids import JobName
from headgate.operations.engine.running import operation_of, run_operation
from headgate.operations.services import Services
from headgate.operations.status import JobStatus, status_of, status_of_all
from headgate.spec.load import load_declared
from headgate.spec.unknown_jobs import refuse_unknown_jobs

_COLOURS = {
    "healthy": "green",
    "degraded": "yellow",
    "failing": "red",
    "missing": "red",
    "unknown": "magenta",
}
SURFACE = "command line"

JobsArgument = Annotated[list[str], typer.Argument(help="Jobs, by their folders' names.")]
StartEmptyOption = Annotated[
    bool, typer.Option("--start-empty", help="Give up the state of before; asks for nothing else.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Jobs")(deploy)
    app.command(rich_help_panel="Jobs")(stop)
    app.command(rich_help_panel="Jobs")(status)


def deploy(
    jobs: JobsArgument,
    *,
    start_empty: StartEmptyOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Bring declared jobs about and wait until they are healthy. Running it twice is safe."""
    _run_each("deploy", jobs, {"start_empty": start_empty}, env)


def stop(jobs: JobsArgument, *, env: EnvironmentOption = None) -> None:
    """Stop jobs with a savepoint, from which the next deployment continues."""
    _run_each("stop", jobs, {}, env)


def status(
    jobs: Annotated[list[str] | None, typer.Argument(help="Jobs; all if none is named.")] = None,
    *,
    json: JsonOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Show how jobs stand. Exit code 1 if one of them is failing, missing or unknown."""
    services = Services(project(), environment(env))
    declared = load_declared(services.project)
    if jobs:
        recorded = {deployment.job for deployment in services.ledger.deployments()}
        refuse_unknown_jobs(jobs, set(declared.jobs) | recorded)
        names = [JobName(job) for job in jobs]
        pictures = [status_of(services, name, declared.jobs.get(name)) for name in names]
    else:
        pictures = list(status_of_all(services, declared))
    if json:
        print_json([picture.as_json() for picture in pictures])
    else:
        out.print(_table(pictures))
        _print_details(pictures)
    if any(picture.state in ("failing", "missing", "unknown") for picture in pictures):
        raise typer.Exit(1)


def _run_each(kind: str, jobs: list[str], options: dict[str, object], env: str | None) -> None:
    """Check every name before the first effect, then run one operation after the other."""
    services = Services(project(), environment(env))
    operation = operation_of(kind)
    requests = {JobName(job): operation.request(services, JobName(job), options) for job in jobs}
    for job, request in requests.items():
        with show_progress(err, f"{kind} {job}") as listener:
            run_operation(services, kind, job, request, surface=SURFACE, listener=listener)


def _table(pictures: list[JobStatus]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("JOB", "FLINK", "STATE"):
        table.add_column(column, no_wrap=True)
    for column in ("GEN", "RECORDS IN", "CHECKPOINT", "WATERMARK LAG", "RESTARTS"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for picture in pictures:
        table.add_row(
            picture.job,
            picture.line,
            Text(picture.state, style=_COLOURS.get(picture.state, "dim")),
            str(picture.generation or ""),
            f"{picture.records_in:,}" if picture.records_in is not None else "",
            _age(picture.checkpoint_age, " ago"),
            _age(picture.watermark_lag, ""),
            str(picture.restarts) if picture.restarts is not None else "",
            _remark(picture),
        )
    return table


def _remark(picture: JobStatus) -> str:
    parts = [] if picture.state == "healthy" else [picture.reason]
    if picture.changed:
        parts.append("declaration changed since")
    if picture.operation:
        parts.append(f"{picture.operation} under way")
    return "; ".join(parts)


def _print_details(pictures: list[JobStatus]) -> None:
    if len(pictures) == 1 and pictures[0].page:
        out.print(f"Flink job {pictures[0].flink_job_id}: {pictures[0].page}", soft_wrap=True)


def _age(duration: object, suffix: str) -> str:
    seconds = getattr(duration, "total_seconds", lambda: None)()
    return "" if seconds is None else f"{seconds:,.1f} s{suffix}"
