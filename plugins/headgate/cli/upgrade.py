"""`upgrade`, `approve`, `refuse` and `rollback`: another version of a running job, and back."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from headgate.cli.agreeing import is_answered, this_user
from headgate.cli.console import err, out
from headgate.cli.operation_ids import OpenOperation
from headgate.cli.options import EnvironmentOption, environment, project
from headgate.cli.progress import show_progress
from headgate.cli.running import SURFACE, run_each
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.records import OperationRecord
from headgate.operations.engine.engine import Engine, Listener
from headgate.operations.engine.running import (
    new_operation_id,
    open_engine,
    operation_of,
    resume_operation,
    succeeded,
)
from headgate.operations.open_operation import find_operation
from headgate.operations.services import Services
from headgate.operations.upgrading.shown import decide_upgrade, shown_upgrade, waits_for_decision
from headgate.plan.way_of_cut_over import WAYS

JobArgument = Annotated[str, typer.Argument(help="Job, by its folder's name.")]
ToOption = Annotated[
    str | None, typer.Option("--to", metavar="LINE", help="Flink line; the declared one if none.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Plan and check; rehearse, stop and start nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Approve it now, whatever is shown.")]
NoApprovalOption = Annotated[
    bool, typer.Option("--no-approval", help="Ask nobody; the ledger has no approval then.")
]
WayOption = Annotated[
    str | None,
    typer.Option(
        "--way",
        metavar="WAY",
        help=f"How to cut over: {' or '.join(WAYS)}; the best one if not given.",
        autocompletion=lambda: list(WAYS),
    ),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Also a version that was tried before and has failed.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the ledger.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (upgrade, approve, refuse, rollback):
        app.command(rich_help_panel="Jobs")(command)


def upgrade(
    job: JobArgument,
    *,
    to: ToOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    no_approval: NoApprovalOption = False,
    way: WayOption = None,
    again: AgainOption = False,
    env: EnvironmentOption = None,
) -> None:
    """Bring a running job to another Flink line, or to what is declared now: rehearsed, watched.

    Asks for an approval after the rehearsal. A new version that does not stay healthy is rolled
    back, and the exit code is 1.
    """
    services = Services(project(), environment(env))
    options = {
        "to": to,
        "way": way,
        "dry_run": dry_run,
        "approval": False if no_approval else None,
        "again": again,
    }
    request = operation_of("upgrade").request(services, JobName(job), options)
    operation_id = new_operation_id()
    with show_progress(err, f"upgrade {job}") as listener:
        engine = open_engine(
            services,
            "upgrade",
            JobName(job),
            request,
            operation_id=operation_id,
            surface=SURFACE,
            listener=listener,
        )
        ended = _until_it_asks(services, engine)
    if dry_run or ended is None:
        _show(services, engine.operation_id)
    if ended is None:
        _answer(services, engine.operation_id, yes=yes)
        operation = find_operation(services.ledger, engine.operation_id)
        with show_progress(err, f"upgrade {job}") as listener:
            ended = _resumed(services, operation, listener)
    _report(ended)


def approve(
    operation_id: OpenOperation, *, reason: ReasonOption = "", env: EnvironmentOption = None
) -> None:
    """Approve an upgrade that waits for it. Whoever runs it goes on; if nobody does, `resume`."""
    _decide(operation_id, env, is_approved=True, reason=reason)


def refuse(
    operation_id: OpenOperation, *, reason: ReasonOption = "", env: EnvironmentOption = None
) -> None:
    """Refuse an upgrade that waits for an approval; everything stays as it is."""
    _decide(operation_id, env, is_approved=False, reason=reason)


def rollback(job: JobArgument, *, env: EnvironmentOption = None) -> None:
    """Bring back the version before the last upgrade, exactly if the new one can be stopped."""
    services = Services(project(), environment(env))
    run_each(services, "rollback", [JobName(job)], {})


def _until_it_asks(services: Services, engine: Engine) -> OperationRecord | None:
    """The ended operation; None where it waits for a person."""
    while True:
        progress = engine.advance()
        if isinstance(progress, OperationRecord):
            return progress
        if waits_for_decision(services, engine.operation_id):
            return None
        services.clock.sleep(progress.poll_after)


def _show(services: Services, operation_id: OperationId) -> None:
    operation = find_operation(services.ledger, operation_id)
    shown = shown_upgrade(services, operation)
    out.print(Markdown(shown) if out.is_terminal else shown, soft_wrap=not out.is_terminal)


def _answer(services: Services, operation_id: OperationId, *, yes: bool) -> None:
    operation = find_operation(services.ledger, operation_id)
    answer = is_answered("Cut over?", yes=yes)
    if answer is None:
        raise NeedsOperator(
            f"upgrade {operation.job} waits for an approval, and nobody can answer here",
            still_true="Nothing was changed; the live job runs on, and is reserved for this.",
            next_step=f"headgate approve {operation.id} or headgate refuse {operation.id}, then "
            f"headgate resume {operation.id}",
        )
    decide_upgrade(services, operation, is_approved=answer, by=this_user())


def _decide(operation_id: str, env: str | None, *, is_approved: bool, reason: str) -> None:
    services = Services(project(), environment(env))
    operation = find_operation(services.ledger, operation_id)
    decide_upgrade(services, operation, is_approved=is_approved, by=this_user(), reason=reason)
    word = "approved" if is_approved else "refused"
    out.print(
        f"{operation.kind} {operation.job} is {word}. Next, if nobody runs it: headgate resume "
        f"{operation.id}",
        soft_wrap=True,
    )


def _resumed(services: Services, operation: OperationRecord, listener: Listener) -> OperationRecord:
    return resume_operation(services, operation, surface=SURFACE, listener=listener)


def _report(ended: OperationRecord) -> None:
    try:
        succeeded(ended)
    except Rejected as error:
        shown = f"headgate operations {ended.id} shows its steps and the gap"
        error.next_step = "; ".join(filter(None, (error.next_step, shown)))
        raise
