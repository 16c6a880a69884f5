"""`operations`, `resume` and `abandon`: what was done, and what was left half done."""

from enum import StrEnum
from typing import Annotated

import typer

from headgate.cli.agreeing import ask_whether, this_user
from headgate.cli.console import err, out, print_json
from headgate.cli.operation_ids import AnyOperation, OpenOperation
from headgate.cli.operation_tables import print_operation, print_operations, print_outside
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.cli.progress import show_progress
from headgate.cli.running import SURFACE
from headgate.ids import JobName
from headgate.ledger.records import OperationState
from headgate.operations.abandon import abandon, refuse_while_it_runs
from headgate.operations.engine.running import resume_operation, succeeded
from headgate.operations.open_operation import find_operation, look_outside, whole_operation
from headgate.operations.services import Services


class State(StrEnum):
    """How an operation stands."""

    running = "running"
    succeeded = "succeeded"
    failed = "failed"
    rolled_back = "rolled_back"
    needs_operator = "needs_operator"


JobOption = Annotated[str | None, typer.Option("--job", help="Of this job only.")]
StateOption = Annotated[list[State] | None, typer.Option("--state", help="In these states only.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, help="So many at most.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Operations")(operations)
    app.command(rich_help_panel="Operations")(resume)
    app.command("abandon", rich_help_panel="Operations")(abandon_command)


def operations(
    operation_id: AnyOperation = None,
    *,
    job: JobOption = None,
    state: StateOption = None,
    limit: LimitOption = 50,
    json: JsonOption = False,
    env: EnvironmentOption = None,
) -> None:
    """List operations, newest first; or show one whole, with its steps and what is next."""
    services = Services(project(), environment(env))
    ledger = services.ledger
    if operation_id is not None:
        whole = whole_operation(ledger, find_operation(ledger, operation_id))
        if json:
            print_json(whole.as_json())
        else:
            print_operation(whole)
        return
    states: list[OperationState] = [one.value for one in state or ()]
    found = ledger.operations(JobName(job) if job else None, limit, states=states)
    wholes = [whole_operation(ledger, one) for one in found]
    if json:
        print_json([whole.as_json() for whole in wholes])
    else:
        print_operations(wholes)


def resume(operation_id: OpenOperation, *, env: EnvironmentOption = None) -> None:
    """Take over an open operation, of whatever kind, and bring it to its end.

    One that has ended is not begun again: what is next is the command that it names.
    """
    services = Services(project(), environment(env))
    operation = find_operation(services.ledger, operation_id)
    if operation.state != "running":
        succeeded(operation)
        out.print(f"{operation.kind} {operation.job} has ended: succeeded.")
        return
    with show_progress(err, f"{operation.kind} {operation.job}") as listener:
        succeeded(resume_operation(services, operation, surface=SURFACE, listener=listener))


def abandon_command(
    operation_id: OpenOperation, *, yes: YesOption = False, env: EnvironmentOption = None
) -> None:
    """Give an open operation up: it ends as failed, and its job is free. Flink is not touched."""
    services = Services(project(), environment(env))
    operation = find_operation(services.ledger, operation_id)
    whole = whole_operation(services.ledger, operation)
    refuse_while_it_runs(whole)
    print_operation(whole)
    print_outside(whole, look_outside(services, operation))
    command = f"headgate abandon {operation.id}"
    ask_whether(f"Abandon this {operation.kind}?", yes=yes, command=command)
    ended = abandon(services, whole, this_user())
    out.print(
        f"{ended.kind} {ended.job} is abandoned; {ended.job} is free for the next operation. "
        f"Next: {ended.next_step}",
        soft_wrap=True,
    )
