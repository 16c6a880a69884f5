"""How a stack comes up, as a person watches it: one live line for each service."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from headgate.local.starting import Progress, Report

_MARKS = {
    "waiting": Text("·", style="dim"),
    "ready": Text("✓", style="green"),
    "failed": Text("✗", style="bold red"),
    "undone": Text("-", style="yellow"),
}


@contextmanager
def show_progress(console: Console) -> Iterator[Report]:
    """A function that takes progress and shows it: live on a terminal, else as plain lines."""
    if not console.is_terminal:
        yield lambda progress: _print_line(console, progress)
        return
    board = _Board()
    with Live(board, console=console, refresh_per_second=8):
        yield board.take


def _print_line(console: Console, progress: Progress) -> None:
    if progress.state == "waiting" or (progress.state == "starting" and progress.detail):
        return
    console.print(
        f"{progress.seconds:6.1f} s  {progress.service:<24}{progress.state:<10}{progress.detail}",
        soft_wrap=True,
    )


class _Board:
    """The latest progress of each service, and how long it has taken so far."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._latest: dict[str, Progress] = {}
        self._spinner = Spinner("dots", style="yellow")

    def take(self, progress: Progress) -> None:
        self._latest[progress.service] = progress

    def __rich__(self) -> RenderableType:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True)
        for progress in list(self._latest.values()):
            is_moving = progress.state == "starting"
            seconds = time.monotonic() - self._began if is_moving else progress.seconds
            table.add_row(
                self._spinner if is_moving else _MARKS[progress.state],
                progress.service,
                progress.state,
                "" if progress.state == "waiting" else f"{seconds:.1f} s",
                Text(progress.detail, style="dim"),
            )
        return table
