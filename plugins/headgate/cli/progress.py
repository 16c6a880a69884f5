"""Steps of an operation as they happen: live on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from headgate.operations.engine.engine import Event, Listener


@contextmanager
def show_progress(console: Console, title: str) -> Iterator[Listener]:
    """A listener that shows each step once it is done, and what is waited for meanwhile."""
    if console.is_terminal:
        with console.status(f"{title}: starting") as status:
            yield _Lines(console, title, lambda text: status.update(f"{title}: {text}"))
    else:
        yield _Lines(console, title, lambda _text: None)


class _Lines:
    def __init__(self, console: Console, title: str, waiting: Callable[[str], None]) -> None:
        self._console = console
        self._title = title
        self._waiting = waiting
        self._began = time.monotonic()
        self._last_note = ""

    def __call__(self, event: Event) -> None:
        if event.phase == "done":
            self._console.print(
                f"  [green]✓[/] {event.title} [dim]{self._since()} {event.note}[/]", soft_wrap=True
            )
        elif event.phase == "ended":
            mark = "[green]✓[/]" if event.note == "succeeded" else "[red]✗[/]"
            self._console.print(f"{mark} {self._title}: {event.note} [dim]{self._since()}[/]")
        elif event.phase in ("acting", "pending"):
            text = f"{event.title} {event.note}".strip()
            self._waiting(text)
            if not self._console.is_terminal and event.note and event.note != self._last_note:
                self._console.print(f"  … {text} {self._since()}", soft_wrap=True)
            self._last_note = event.note

    def _since(self) -> str:
        return f"{time.monotonic() - self._began:.1f} s"
