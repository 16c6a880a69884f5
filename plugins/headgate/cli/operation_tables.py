"""Operations as people read them: a list, and one operation whole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from headgate.cli.console import out
from headgate.ledger.records import OperationRecord, StepRecord
from headgate.operations.abandon import MAY_YET_HAPPEN
from headgate.operations.open_operation import Outside, WholeOperation
from headgate.operations.upgrading.switch_times import switches_of
from headgate.plan.gap import gap_of, phases_of

_COLOURS = {
    "running": "yellow",
    "succeeded": "green",
    "failed": "red",
    "rolled_back": "magenta",
    "needs_operator": "bold red",
}
_HOLDERS = {
    "alive": "alive",
    "gone": "gone: its process has ended",
    "elsewhere": "on another host: not seen from here",
}


def print_operations(wholes: Sequence[WholeOperation]) -> None:
    """One line an operation."""
    if not wholes:
        out.print("No operations.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("ID", "KIND", "JOB", "STATE", "STARTED"):
        table.add_column(column, no_wrap=True)
    table.add_column("TOOK", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for whole in wholes:
        one = whole.operation
        table.add_row(
            one.id,
            one.kind,
            one.job,
            Text(one.state.replace("_", " "), style=_COLOURS[one.state]),
            _time(one.started_at),
            _took(one.started_at, one.ended_at),
            _remark(whole),
        )
    out.print(table)


def print_operation(whole: WholeOperation) -> None:
    """All that the ledger has of it."""
    one = whole.operation
    state = Text(one.state.replace("_", " "), style=_COLOURS[one.state])
    _line(Text.assemble((f"{one.kind} {one.job}", "bold"), "  ", state))
    _line(f"  operation  {one.id}")
    took = _took(one.started_at, one.ended_at)
    _line(f"  started    {_time(one.started_at)}, {one.surface}" + (f", took {took}" * bool(took)))
    if one.request:
        _line(f"  request    {_fields(one.request)}")
    if whole.lease is not None and whole.holder is not None:
        _line(f"  holder     {whole.lease.holder}, {_HOLDERS[whole.holder]}")
        _line(f"  taken      {_time(whole.lease.taken_at)}, fence {whole.lease.fence}")
    for step in whole.steps:
        _print_step(step)
    _print_gaps(whole)
    if one.reason:
        _line(f"  reason     {one.reason}")
    if whole.next_step:
        _line(f"  next       {whole.next_step}")


def _print_gaps(whole: WholeOperation) -> None:
    """Where one Flink job took the place of another: the gap from phase to phase."""
    for switch in switches_of(whole.steps):
        gap = gap_of(switch.times)
        told = f"{gap.total_seconds():.2f} s between two results" if gap is not None else "not told"
        _line(f"  gap        {switch.phase or whole.operation.kind}: {told}")
        for phase in phases_of(switch.times):
            _line(
                f"             {phase.began_at:%H:%M:%S.%f}"[:-3]
                + f"  {phase.name:28} {phase.took.total_seconds():6.2f} s"
            )


def print_outside(whole: WholeOperation, outside: Outside) -> None:
    """What giving the operation up leaves as it is."""
    operation: OperationRecord = whole.operation
    if whole.begun_step:
        _line(f"Its step {whole.begun_step} was begun, {MAY_YET_HAPPEN}.")
    for job_id, (line, state) in outside.jobs.items():
        _line(f"Flink {line} runs {operation.job} as {job_id}: {state}. It is left as it is.")
    if not outside.jobs:
        _line(f"No Flink job of the name {operation.job} runs.")
    for line in outside.unreachable:
        _line(f"Flink {line} does not answer: what it runs is not seen.")
    if whole.holder == "elsewhere" and whole.lease is not None:
        _line(f"Be sure that {whole.lease.holder} has ended: it cannot be seen from here.")


def _print_step(step: StepRecord) -> None:
    mark = Text("✓", style="green") if step.state == "done" else Text("…", style="yellow")
    times = f"{_time(step.intended_at)} {_took(step.intended_at, step.done_at)}".strip()
    _line(Text.assemble("  ", mark, f" {step.name}  ", (times, "dim")))
    for name, content in (
        ("intent", step.intent),
        ("progress", step.progress if step.state == "intended" else {}),
        ("evidence", step.evidence),
    ):
        if content:
            _line(f"      {name:9} {_fields(content)}")


def _remark(whole: WholeOperation) -> str:
    if whole.is_open:
        begun = f"in step {whole.steps[-1].name}" if whole.steps else "not begun"
        return f"{begun}; {whole.next_step}"
    return whole.operation.reason.split("\n", 1)[0]


def _fields(content: Any) -> str:  # noqa: ANN401 - JSON
    return ", ".join(f"{name}={value}" for name, value in content.items() if value is not None)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _took(start: datetime, end: datetime | None) -> str:
    return f"{(end - start).total_seconds():,.1f} s" if end else ""


def _line(text: str | Text) -> None:
    out.print(Text(text) if isinstance(text, str) else text, soft_wrap=True)
