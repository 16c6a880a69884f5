"""`headgate plan` and `headgate apply`: schemas and topics."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from headgate.cli.agreeing import this_user
from headgate.cli.console import err, out, print_json
from headgate.cli.options import EnvironmentOption, JsonOption, environment, project
from headgate.errors import Rejected
from headgate.operations.contracts.apply_result import ApplyResult
from headgate.operations.contracts.plan_and_apply import (
    apply_contracts,
    plan_as_saved,
    plan_contracts,
)
from headgate.operations.deployment.whole_file import replace_whole
from headgate.operations.services import Services
from headgate.plan.change import EXIT_REFUSED, Change, Plan
from headgate.plan.contracts import Part
from headgate.plan.difference import difference
from headgate.plan.saved_plan import saved_plan

_RISK_STYLES = {"safe": "green", "needs_approval": "yellow", "refused": "bold red"}
_SIGN_STYLES = {"+": "green", "-": "red", " ": ""}
_OUTCOME_STYLES = {"ok": "green", "failed": "bold red", "skipped": "yellow"}

OnlyOption = Annotated[Part | None, typer.Option("--only", help="Plan one half alone.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Save the plan, to be applied as it is or not at all.")
]
PlanFileArgument = Annotated[
    Path | None, typer.Argument(help="A plan that `headgate plan --out` has saved.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")]
ApproveOption = Annotated[
    bool, typer.Option("--approve", help="Approve of the changes that need an approval.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan", rich_help_panel="Declarations")(plan_command)
    app.command("apply", rich_help_panel="Declarations")(apply_command)


def plan_command(
    env: EnvironmentOption = None,
    *,
    only: OnlyOption = None,
    out_file: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what would change in Kafka and the registry.

    Exit code 0: nothing to do; 3: changes are pending; 1: a change is refused, or an error.
    """
    planned = plan_contracts(_services(env), only)
    if as_json:
        print_json(planned.plan.to_json())
    else:
        show_plan(planned.plan)
    if out_file is not None:
        text = json.dumps(saved_plan(planned.plan, planned.origin), indent=2)
        _written_whole(out_file, text)
        err.print(Text(f"Saved. Next: headgate apply {out_file}"), soft_wrap=True)
    raise typer.Exit(planned.plan.exit_code)


def apply_command(
    plan_file: PlanFileArgument = None,
    env: EnvironmentOption = None,
    *,
    only: OnlyOption = None,
    yes: YesOption = False,
    approve: ApproveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Register schemas and provision topics as declared, or exactly as a saved plan says.

    Exit code 0: everything is as declared; 1: a change is refused or failed, or was not agreed to.
    """
    services = _services(env)
    if plan_file is None:
        planned = plan_contracts(services, only)
    elif only is not None:
        raise typer.BadParameter("a saved plan says itself which half it is", param_hint="--only")
    else:
        planned = plan_as_saved(services, _text_of(plan_file), str(plan_file))
    plan = planned.plan
    if not as_json:
        show_plan(plan)
    if plan.pending and not plan.refused:
        approve = _agreed(plan, yes=yes, approve=approve)
    result = apply_contracts(
        services,
        planned,
        approved_by=this_user() if approve else None,
        surface=f"command line ({this_user()})",
        progress=lambda line: err.print(Text(line)),
    )
    if as_json:
        print_json(result.to_json())
    else:
        _show_result(result)
    raise typer.Exit(0 if result.is_complete else EXIT_REFUSED)


def _services(env: str | None) -> Services:
    return Services(project(), environment(env))


def _written_whole(file: Path, text: str) -> None:
    """The file is there with all of its text, or as it was."""
    try:
        replace_whole(file, f"{text}\n")
    except OSError as error:
        raise Rejected(
            f"the plan cannot be written to {file}: {error.strerror}",
            still_true="Nothing was changed.",
            next_step="headgate plan --out with another file",
        ) from error


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            f"the plan {file} cannot be read: {error}",
            still_true="Nothing was changed.",
            next_step=f"headgate plan --out {file}",
        ) from error


def _agreed(plan: Plan, *, yes: bool, approve: bool) -> bool:
    """Ask what has to be asked; returns whether the dangerous changes are approved of."""
    if not yes:
        count = len(plan.pending)
        typer.confirm(f"Make {count} change{'s' * (count > 1)}?", abort=True, err=True)
    if plan.needs_approval and not approve and not yes and sys.stdin.isatty():
        count = len(plan.needs_approval)
        return typer.confirm(f"Approve of the {count} that need an approval?", err=True)
    return approve


def show_plan(plan: Plan) -> None:
    """Print a plan for people: a coloured diff, then the counts."""
    for change in plan.pending:
        _show_change(change)
    for topic in plan.unknown_topics:
        out.print(
            Text(f"topic {topic} is not declared; it is left as it is", style="yellow"),
            soft_wrap=True,
        )
    counts = plan.counts()
    if not plan.pending:
        out.print(f"Nothing to do: {counts['unchanged']} topics and subjects are as declared.")
        return
    out.print(
        Text(
            f"{counts['safe']} safe, {counts['needs_approval']} need approval, "
            f"{counts['refused']} refused; {counts['unchanged']} unchanged.",
            style="bold",
        )
    )


def _show_change(change: Change) -> None:
    title = f"{change.operation} {change.kind} {change.name}"
    out.print(Text.assemble((title, "bold"), "  ", (change.risk, _RISK_STYLES[change.risk])))
    for line in difference(change):
        out.print(Text(f"  {line.sign} {line.text}", style=_SIGN_STYLES[line.sign]), soft_wrap=True)
    if change.reason:
        out.print(Text(f"  {change.reason}", style=_RISK_STYLES[change.risk]), soft_wrap=True)


def _show_result(result: ApplyResult) -> None:
    for item in result.items:
        if item.outcome != "ok":
            title = f"{item.change.kind} {item.change.name}: {item.outcome}: "
            style = _OUTCOME_STYLES[item.outcome]
            err.print(Text.assemble((title, style), item.message), soft_wrap=True)
    counts = result.counts()
    out.print(f"{counts['ok']} made, {counts['failed']} failed, {counts['skipped']} skipped.")
    if not result.is_complete:
        err.print("What was made stays. Next: headgate plan, then headgate apply again.")
