"""`deploy` and `stop`: the life of jobs."""

from typing import Annotated

import typer

from headgate.cli.agreeing import ask_whether
from headgate.cli.console import err
from headgate.cli.options import EnvironmentOption, environment, project
from headgate.cli.restart_options import AcceptAgeOption, RunsNowhereOption
from headgate.cli.running import run_one
from headgate.ids import JobName
from headgate.operations.engine.running import operation_of
from headgate.operations.services import Services
from headgate.operations.stop import DRAIN_MEANS

JobsArgument = Annotated[list[str], typer.Argument(help="Jobs, by their folders' names.")]
StartEmptyOption = Annotated[
    bool, typer.Option("--start-empty", help="Give up the state of before; asks for nothing else.")
]

DrainOption = Annotated[
    bool,
    typer.Option(
        "--drain", help="For good: publish every open window first, with what it holds so far."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Jobs")(deploy)
    app.command(rich_help_panel="Jobs")(stop)


def deploy(
    jobs: JobsArgument,
    *,
    start_empty: StartEmptyOption = False,
    accept_age: AcceptAgeOption = False,
    runs_nowhere: RunsNowhereOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Bring declared jobs about and wait until they are healthy. Running it twice is safe."""
    agreed = {"accept_age": accept_age, "runs_nowhere": runs_nowhere}
    _run_each("deploy", jobs, {"start_empty": start_empty, **agreed}, env)


def stop(
    jobs: JobsArgument,
    *,
    drain: DrainOption = False,
    yes: YesOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Stop jobs with a savepoint, from which the next deployment continues."""
    if drain:
        err.print(DRAIN_MEANS, style="yellow", soft_wrap=True)
        command = f"headgate stop {' '.join(jobs)} --drain"
        ask_whether("Stop and drain?", yes=yes, command=command)
    _run_each("stop", jobs, {"drain": drain}, env)


def _run_each(kind: str, jobs: list[str], options: dict[str, object], env: str | None) -> None:
    """Check every name before the first effect, then run one operation after the other."""
    services = Services(project(), environment(env))
    operation = operation_of(kind)
    requests = {JobName(job): operation.request(services, JobName(job), options) for job in jobs}
    for job, request in requests.items():
        run_one(services, kind, job, request)
