"""`recover`, `start`, `cancel` and `rescale`: jobs brought back, ended, and resized."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from headgate.cli.agreeing import ask_whether
from headgate.cli.console import err, out
from headgate.cli.options import EnvironmentOption, environment, project
from headgate.cli.restart_options import AcceptAgeOption, RunsNowhereOption
from headgate.cli.running import run_each
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.operations.restoring.chosen_snapshot import concerns
from headgate.operations.restoring.considered import jobs_to_recover
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed

JobsArgument = Annotated[list[str], typer.Argument(help="Jobs, by their folders' names.")]
SomeJobsArgument = Annotated[
    list[str] | None, typer.Argument(help="Jobs, by their folders' names.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="LOCATION", help="Restore this snapshot.")
]
AllOption = Annotated[
    bool, typer.Option("--all", help="Every job that should run and is missing or failing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")]
KeepOption = Annotated[
    bool, typer.Option("--keep-checkpoint", help="Keep the retained checkpoint, and record it.")
]
DiscardOption = Annotated[
    bool,
    typer.Option("--discard-state", help="Cancel also a job that has no checkpoint to keep."),
]
ParallelismArgument = Annotated[
    int, typer.Argument(min=1, metavar="N", help="Parallel instances of every operator.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (recover, start, cancel, rescale):
        app.command(rich_help_panel="Jobs")(command)


def recover(
    jobs: SomeJobsArgument = None,
    *,
    all_jobs: AllOption = False,
    location: FromOption = None,
    accept_age: AcceptAgeOption = False,
    runs_nowhere: RunsNowhereOption = False,
    yes: YesOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Bring missing or failing jobs back: what ran last, from the newest usable snapshot."""
    services = Services(project(), environment(env))
    names = _all(services) if all_jobs else _names(jobs)
    if all_jobs and not names:
        out.print("Nothing to recover: no job is missing or failing.")
        return
    if not names or (all_jobs and jobs):
        raise Rejected(
            "recover takes either jobs or --all",
            still_true="Nothing was changed.",
            next_step="headgate recover --all",
        )
    options = _agreed(services, "recover", names, location, yes=yes, accept_age=accept_age)
    run_each(services, "recover", names, {**options, "runs_nowhere": runs_nowhere})


def start(
    jobs: JobsArgument,
    *,
    location: FromOption = None,
    accept_age: AcceptAgeOption = False,
    runs_nowhere: RunsNowhereOption = False,
    yes: YesOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Start stopped or cancelled jobs again: what ran last, from the newest snapshot or a named."""
    services = Services(project(), environment(env))
    names = _names(jobs)
    options = _agreed(services, "start", names, location, yes=yes, accept_age=accept_age)
    run_each(services, "start", names, {**options, "runs_nowhere": runs_nowhere})


def cancel(
    jobs: JobsArgument,
    *,
    keep_checkpoint: KeepOption = False,
    discard_state: DiscardOption = False,
    env: EnvironmentOption = None,
) -> None:
    """End jobs at once, without a savepoint; `start` continues from the retained checkpoint."""
    if keep_checkpoint == discard_state:
        named = " ".join(jobs)
        raise Rejected(
            "cancel needs either --keep-checkpoint or --discard-state",
            still_true="Nothing was changed.",
            next_step=f"headgate cancel {named} --keep-checkpoint; or headgate stop {named}, which "
            "takes a savepoint",
        )
    services = Services(project(), environment(env))
    run_each(services, "cancel", _names(jobs), {"discard_state": discard_state})


def rescale(
    job: Annotated[str, typer.Argument(help="Job, by its folder's name.")],
    parallelism: ParallelismArgument,
    *,
    env: EnvironmentOption = None,
) -> None:
    """Give a running job another parallelism: in place where its scheduler can, else restarted."""
    services = Services(project(), environment(env))
    run_each(services, "rescale", [JobName(job)], {"parallelism": parallelism})


def _names(jobs: Sequence[str] | None) -> list[JobName]:
    return [JobName(job) for job in dict.fromkeys(jobs or ())]


def _all(services: Services) -> list[JobName]:
    considered = jobs_to_recover(services)
    for one in considered:
        mark = "[red]✗[/]" if one.is_due else "[dim]-[/]"
        err.print(f"{mark} {one.job} [dim]{one.reason}[/]", soft_wrap=True)
    return [one.job for one in considered if one.is_due]


def _agreed(
    services: Services,
    kind: str,
    names: Sequence[JobName],
    location: str | None,
    *,
    yes: bool,
    accept_age: bool,
) -> Mapping[str, Any]:
    """The options, after whoever is there has agreed to what speaks against a named snapshot."""
    if location is None:
        return {"accept_age": accept_age}
    if len(names) != 1:
        raise Rejected(
            "--from names the snapshot of one job",
            still_true="Nothing was changed.",
            next_step=f"headgate {kind} JOB --from {location}",
        )
    refuse_never_deployed(services, names[0])
    found = concerns(services, names[0], location)
    if found and not yes:
        for said in found.values():
            err.print(Text(said, style="yellow"), soft_wrap=True)
        command = f"headgate {kind} {names[0]} --from {location}"
        ask_whether("Restore it all the same?", yes=yes, command=command)
    return {"from": location, "confirmed": True, "accept_age": accept_age}
