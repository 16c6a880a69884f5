"""Steps of an installation: skipped when nothing changed, run side by side, one line each."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

_TAIL_LINES = 30
_TICK_SECONDS = 0.5
_STOP_SECONDS = 10


class StepFailed(Exception):
    """A command of a step failed; the text holds the end of its output."""


@dataclass(frozen=True)
class Step:
    """One thing to install.

    `fingerprint` changes whenever the step must run again. `run` gets a function that runs a
    command quietly, and may be cut off anywhere: it starts from whatever it finds.
    """

    name: str
    what: str
    fingerprint: str
    run: Callable[[Run], None]
    after: tuple[str, ...] = ()


Run = Callable[[Sequence[str]], None]


def fingerprint(*parts: str | Path) -> str:
    """Hash of texts and of the contents of files."""
    hashed = hashlib.sha256()
    for part in parts:
        raw = part.read_bytes() if isinstance(part, Path) else part.encode()
        hashed.update(len(raw).to_bytes(8, "big") + raw)
    return hashed.hexdigest()


class Installation:
    """Runs steps, keeps their stamps and logs below `root`."""

    def __init__(self, root: Path) -> None:
        self._stamps = root / "stamps"
        self._logs = root / "logs"
        self._children: set[subprocess.Popen[bytes]] = set()
        self._children_lock = threading.Lock()
        self._cancelled = threading.Event()
        self._running: dict[str, float] = {}

    def run(self, steps: Sequence[Step]) -> None:
        """Bring every step up to date. Raises StepFailed for the first one that fails."""
        self._stamps.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        due = [step for step in steps if not self._is_current(step)]
        for step in steps:
            if step not in due:
                _line(f"  {step.name:<12}{step.what:<58}up to date")
        if not due:
            return
        with ThreadPoolExecutor(max_workers=len(due)) as pool:
            try:
                self._run_all(pool, due)
            except BaseException:
                self._stop_children()
                raise

    def _run_all(self, pool: ThreadPoolExecutor, due: list[Step]) -> None:
        pending = {step.name: step for step in due}
        futures: dict[Future[float], Step] = {}
        while pending or futures:
            unfinished = set(pending) | {step.name for step in futures.values()}
            for step in list(pending.values()):
                if not unfinished & set(step.after):
                    del pending[step.name]
                    futures[pool.submit(self._run_one, step)] = step
            done, _ = wait(futures, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                step = futures.pop(future)
                _line(f"  {step.name:<12}{step.what:<58}{future.result():7.1f} s")
            self._tick()

    def _run_one(self, step: Step) -> float:
        started = time.monotonic()
        self._running[step.name] = started
        if not sys.stdout.isatty():
            _line(f"  {step.name:<12}{step.what:<58}started")
        stamp = self._stamps / step.name
        stamp.unlink(missing_ok=True)
        log = self._logs / f"{step.name}.log"
        log.write_bytes(b"")
        try:
            step.run(lambda command: self._quietly(step, command, log))
        finally:
            del self._running[step.name]
        partial = stamp.with_suffix(".partial")
        partial.write_text(step.fingerprint, encoding="utf-8")
        partial.replace(stamp)
        return time.monotonic() - started

    def _quietly(self, step: Step, command: Sequence[str], log: Path) -> None:
        with log.open("ab") as output:
            output.write(f"$ {' '.join(command)}\n".encode())
            output.flush()
            with self._children_lock:
                if self._cancelled.is_set():
                    raise StepFailed(f"{step.name}: cancelled")
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=_child_environment(),
                )
                self._children.add(child)
            code = child.wait()
            with self._children_lock:
                self._children.discard(child)
        if code != 0:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
            raise StepFailed(
                f"{step.name}: `{' '.join(command[:3])} ...` ended with exit code {code}.\n"
                + "\n".join(f"  | {line}" for line in tail)
                + f"\nThe whole output is in {log}."
            )

    def _is_current(self, step: Step) -> bool:
        stamp = self._stamps / step.name
        return stamp.exists() and stamp.read_text(encoding="utf-8") == step.fingerprint

    def _stop_children(self) -> None:
        with self._children_lock:
            self._cancelled.set()
            children = list(self._children)
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def _tick(self) -> None:
        if sys.stdout.isatty() and self._running:
            now = time.monotonic()
            names = ", ".join(f"{n} {now - since:.0f} s" for n, since in self._running.items())
            print(f"\r\033[K  … {names}", end="", flush=True)


def _child_environment() -> dict[str, str]:
    environment = dict(os.environ)
    # Without bytecode every later start of Airflow and of a job driver compiles for seconds.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("VIRTUAL_ENV", None)
    # Certificates that were added to the system count; no other Python is fetched.
    environment["UV_SYSTEM_CERTS"] = "1"
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    environment["UV_NO_PROGRESS"] = "1"
    return environment


def _line(text: str) -> None:
    clear = "\r\033[K" if sys.stdout.isatty() else ""
    print(f"{clear}{text}", flush=True)
