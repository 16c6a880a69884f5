"""What can go wrong, sorted by what the reader must do about it.

    HeadgateError
    ├── SpecError        fix the file; carries every finding at once
    ├── Rejected         the server or the plan said no; nothing happened
    ├── Unavailable      it did not happen; the same call may be repeated
    ├── Indeterminate    it may have happened; look before doing anything else
    └── NeedsOperator    a person decides; nothing was started

Callers branch on the class, never on the text. Library errors are translated where they are
caught, in `clients/`, and kept as `__cause__`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class HeadgateError(Exception):
    """Root of every error that headgate raises on purpose.

    `what` says what happened to which job, topic or server; `still_true` says what did not
    change ("nothing was changed; the job is still running"); `next_step` is what to do now,
    a command where there is one. None of them may hold a secret.
    """

    def __init__(self, what: str, *, still_true: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.still_true = still_true
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [self.what]
        if self.still_true:
            parts.append(self.still_true)
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.__dict__.copy()))


def _rebuild(kind: type[HeadgateError], state: dict[str, object]) -> HeadgateError:
    error = kind.__new__(kind)
    Exception.__init__(error, state.get("what", ""))
    error.__dict__.update(state)
    return error


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong in one place of one file. `line` counts from 1."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class SpecError(HeadgateError):
    """The declared files are wrong. Carries every finding, not only the first."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        count = len(self.findings)
        super().__init__(
            "\n".join(str(finding) for finding in self.findings),
            still_true=f"{count} error{'s' if count != 1 else ''}; nothing was changed.",
            next_step="correct the files, then run `headgate lint`",
        )


class Rejected(HeadgateError):
    """A definite no: the effect did not happen and repeating the call will not help."""


class Unavailable(HeadgateError):
    """The effect certainly did not happen (a refused connection); it may be tried again."""


class Indeterminate(HeadgateError):
    """The effect may have happened (a time-out after sending): observe, then adopt or repeat."""


class NeedsOperator(HeadgateError):
    """Only a person can decide; nothing was started."""
