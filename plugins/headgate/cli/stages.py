"""A long run as a person watches it: finished stages above, the present one below."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from headgate.demo.run import Show
from headgate.local.starting import Progress

_LINE_EVERY_SECONDS = 10.0


@contextmanager
def show_stages(console: Console) -> Iterator[Show]:
    """Stages live on a terminal; elsewhere plain lines, one every ten seconds at most."""
    stages = _Stages(console)
    if console.is_terminal:
        with Live(stages.spinner, console=console, refresh_per_second=8, transient=True):
            yield stages.show()
            stages.finish()
    else:
        yield stages.show()
        stages.finish()


class _Stages:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = self._stage_began = self._last_line = time.monotonic()
        self._title = ""
        self.spinner = Spinner("dots", style="yellow")

    def show(self) -> Show:
        return Show(stage=self._next, line=self._line, services=self._service)

    def finish(self) -> None:
        if self._title:
            seconds = time.monotonic() - self._stage_began
            self._console.print(f"[green]✓[/] {self._title} [dim]{seconds:.1f} s[/]")
            self._title = ""

    def _next(self, title: str) -> None:
        self.finish()
        self._title = title
        self._stage_began = time.monotonic()
        self._show_present("")
        if not self._console.is_terminal:
            self._console.print(f"{self._elapsed()}  {title}", soft_wrap=True)

    def _line(self, text: str) -> None:
        self._show_present(text)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._last_line >= _LINE_EVERY_SECONDS:
            self._console.print(f"{self._elapsed()}    {text}", soft_wrap=True)
            self._last_line = now

    def _service(self, progress: Progress) -> None:
        if progress.state in ("ready", "failed"):
            mark = "[green]✓[/]" if progress.state == "ready" else "[bold red]✗[/]"
            self._console.print(
                f"  {mark} {progress.service:<24}[dim]{progress.seconds:5.1f} s  "
                f"{progress.detail}[/]",
                soft_wrap=True,
            )
        elif progress.detail:
            self._show_present(f"{progress.service}: {progress.detail}")

    def _show_present(self, text: str) -> None:
        self.spinner.update(text=Text.assemble(self._title, ("  " + text, "dim")))

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"
