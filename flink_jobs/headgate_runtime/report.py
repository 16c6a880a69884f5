"""The report of a failure, for whoever started the driver and sees only its exit code.

`POST /jars/:jarid/run` answers a failed PyFlink driver with "Python process exits with code: 1".
"""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

_PLACES = (
    # Calcite's validator: "From line 3, column 8 to line 3, column 12: Column 'x' not found"
    re.compile(r"[Ff]rom line (?P<line>\d+), column (?P<column>\d+)"),
    # Calcite's parser: "Encountered "FRM" at line 3, column 1."
    re.compile(r"at line (?P<line>\d+), column (?P<column>\d+)"),
    re.compile(r"line (?P<line>\d+), column (?P<column>\d+)"),
)
_JAVA_CLASS = re.compile(r"^(?:Caused by: )?(?:[\w$]+\.)+(?P<kind>[\w$]+): ?(?P<message>.*)")
_STACK = re.compile(r"^\s*(?:at [\w.$/]+\(|\.\.\. \d+ more|Suppressed: )")
_LONGEST = 4000
_SUPERFLUOUS = re.compile(
    r"^(?:SQL (?:validation|parse) failed\. )?"
    r"(?:[Ff]rom|[Aa]t) line \d+, column \d+(?: to line \d+, column \d+)?: "
    r"|\nWas expecting(?: one of)?:.*"
    r"|`?default_catalog`?\.`?default_database`?\.",
    re.DOTALL,
)
"""The place, which is told apart from the message, all that a parser would have taken instead,
and the names before a table's name, which nobody wrote."""


@dataclass(frozen=True)
class Failure:
    """Why a run failed; `line` and `column`, from 1, are the place in the SQL if there is one."""

    kind: str
    message: str
    line: int | None = None
    column: int | None = None


def describe(error: BaseException) -> Failure:
    """The failure behind an exception.

    Of a Java exception it is the innermost cause that says where, or else the innermost cause.
    """
    causes = _java_causes(str(error))
    if not causes:
        return _placed(type(error).__name__, str(error) or repr(error))
    failures = [_placed(kind, message) for kind, message in causes]
    placed = [failure for failure in failures if failure.line is not None]
    return (placed or failures)[-1]


def write_report(file: Path, failure: Failure) -> None:
    """Write the report whole or not at all."""
    content = json.dumps({"error": asdict(failure)}, indent=2) + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.replace(file)


def _java_causes(text: str) -> list[tuple[str, str]]:
    """(class, message) of each exception in a Java stack trace, from the outside in."""
    causes: list[tuple[str, list[str]]] = []
    within = False
    for line in text.splitlines():
        start = _JAVA_CLASS.match(line.removeprefix(": "))
        if start and not line.startswith((" ", "\t")):
            causes.append((start["kind"], [start["message"]]))
            within = True
        elif _STACK.match(line):
            within = False
        elif within and line.strip():
            causes[-1][1].append(line.rstrip())
    return [(kind, "\n".join(lines).strip()) for kind, lines in causes]


def _placed(kind: str, message: str) -> Failure:
    place = next((found for found in (p.search(message) for p in _PLACES) if found), None)
    return Failure(
        kind,
        _SUPERFLUOUS.sub("", message)[:_LONGEST],
        int(place["line"]) if place else None,
        int(place["column"]) if place else None,
    )
