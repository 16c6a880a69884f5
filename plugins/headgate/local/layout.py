"""Where everything of an embedded stack lies. Paths only; nothing is read or written here."""

import re
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import Rejected
from headgate.ids import NAME_MAX_LENGTH, NAME_PATTERN

FLINK_LINES = ("2.2", "2.3")


@dataclass(frozen=True)
class Installed:
    """What `make install` put into `.headgate/install`."""

    root: Path

    def flink_python(self, line: str) -> Path:
        """Interpreter with PyFlink of a line."""
        return self.root / f"flink-{line}" / "bin" / "python"

    def flink_home(self, line: str) -> Path:
        """The Flink distribution inside the PyFlink package.

        Found by looking, because the path holds the version of Python.
        """
        found = sorted((self.root / f"flink-{line}").glob("lib/python3.*/site-packages/pyflink"))
        return found[0] if found else self.root / f"flink-{line}" / "not-installed"

    def jars(self, name: str) -> Path:
        """Folder of jars: `kafka`, `registry`, `flink-2.2`, `flink-2.3`."""
        return self.root / "jars" / name

    def gate(self, line: str) -> Path:
        """Jar of the hand-over gate for a line."""
        return self.root / "handover-gate" / f"flink-{line}" / "handover-gate.jar"

    def missing(self) -> list[Path]:
        """Folders that should be there and are not."""
        needed = [self.jars(name) for name in ("kafka", "registry")]
        for line in FLINK_LINES:
            needed += [self.jars(f"flink-{line}"), self.flink_home(line), self.gate(line).parent]
        return [folder for folder in needed if not folder.is_dir()]


@dataclass(frozen=True)
class Layout:
    """The folders and files of one stack."""

    project: Path
    stack: str

    @property
    def installed(self) -> Installed:
        """The installation that all stacks of the project share."""
        return Installed(self.project / ".headgate" / "install")

    @property
    def stacks(self) -> Path:
        """The folder of all stacks of the project."""
        return self.project / ".headgate" / "stacks"

    @property
    def root(self) -> Path:
        """The folder of this stack; all its state is below it."""
        return self.stacks / self.stack

    @property
    def ports_file(self) -> Path:
        """Ports found once, kept for good."""
        return self.root / "ports.json"

    @property
    def secrets_file(self) -> Path:
        """Generated passwords and keys, mode 0600."""
        return self.root / "secrets.json"

    @property
    def environment_file(self) -> Path:
        """What a running stack offers, in the words of `spec/environment.py`."""
        return self.root / "environment.toml"

    @property
    def access_file(self) -> Path:
        """Addresses and log-ins for people, mode 0600."""
        return self.root / "access.toml"

    @property
    def lock_file(self) -> Path:
        """Held while somebody starts or stops the stack."""
        return self.root / "lock"

    @property
    def flink_state(self) -> Path:
        """Checkpoints and savepoints, one folder for all Flink lines."""
        return self.root / "flink-state"

    @property
    def artefacts(self) -> Path:
        """Staged code and compiled plans."""
        return self.root / "artefacts"

    @property
    def ledger(self) -> Path:
        """The SQLite file of the ledger."""
        return self.root / "ledger.sqlite"

    @property
    def supervisor_config(self) -> Path:
        """Configuration of the process supervisor, mode 0600: it holds keys."""
        return self.root / "supervisor" / "supervisord.conf"

    @property
    def supervisor_pid(self) -> Path:
        """Process id of the supervisor."""
        return self.root / "supervisor" / "supervisord.pid"

    @property
    def programs(self) -> Path:
        """Configurations of programs that are started on demand."""
        return self.root / "supervisor" / "programs"

    @property
    def temporary(self) -> Path:
        """Temporary files of the servers."""
        return self.root / "tmp"

    def service(self, name: str) -> Path:
        """Configuration and data of one service."""
        return self.root / name

    def log(self, service: str) -> Path:
        """What a service writes to its standard output and error, rotated."""
        return self.root / "logs" / f"{service}.log"


def layout_of(project: Path, stack: str) -> Layout:
    """The layout of a stack; refuses a name that is not safe as a folder."""
    if not re.fullmatch(NAME_PATTERN, stack) or len(stack) > NAME_MAX_LENGTH:
        raise Rejected(
            f"{stack!r} is no name for a stack",
            still_true="Nothing was started.",
            next_step="use lower-case words joined by hyphens: --stack my-stack",
        )
    return Layout(project.resolve(), stack)
