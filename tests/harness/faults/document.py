"""docs/faults.md, rendered from the matrix of faults and the docstrings of the tests.

    python -m harness.faults.document [FILE]

Without FILE it is written to standard output.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.faults.matrix import FAULTS, OPERATIONS, Fault
from harness.faults.named_tests import NamedTest, Run, named_tests

TESTS = Path(__file__).resolve().parents[2]
NOT_TESTED = "not tested"
HEADER = """\
# Faults, and the tests against them

Written by `make faults` from the tests' own docstrings; a test holds this page and them together.
Each fault is brought about with real servers and real processes, unless the test's file is below
`tests/unit`. Results are compared with plain Python, read_committed.

"long run": only `make test-slow` has these cases; a cell says that a test is there. Of tests that
die at every step boundary, every run has a choice, where it has them. "not tested" means that.
"–" means that the fault cannot strike that operation.
"""


def covering(fault: Fault, operation: str, tests: Sequence[NamedTest]) -> dict[NamedTest, Run]:
    """The tests of one cell, each with the run that it belongs to."""
    patterns = [
        f"test_{called}__{pattern}" for called in OPERATIONS[operation] for pattern in fault.tests
    ]
    patterns += fault.others.get(operation, ())
    found: dict[NamedTest, Run] = {}
    for test in tests:
        runs = [run for pattern in patterns if (run := test.runs(pattern))]
        if runs:
            found[test] = min(runs)
    return found


def document(tests: Sequence[NamedTest]) -> str:
    """The whole page."""
    parts = [HEADER, _overview(tests)]
    parts += [_section(fault, tests) for fault in FAULTS]
    return "\n".join(parts)


def _overview(tests: Sequence[NamedTest]) -> str:
    lines = [
        "| # | fault | " + " | ".join(OPERATIONS) + " |",
        "|---|---|" + "---|" * len(OPERATIONS),
    ]
    for fault in FAULTS:
        cells = [_cell(fault, operation, tests) for operation in OPERATIONS]
        lines.append(
            f"| [{fault.number}](#{_anchor(fault)}) | {fault.text} | {' | '.join(cells)} |"
        )
    return "\n".join([*lines, ""])


def _cell(fault: Fault, operation: str, tests: Sequence[NamedTest]) -> str:
    found = covering(fault, operation, tests)
    if not found:
        return NOT_TESTED if operation in fault.operations else "–"
    count = f"{len(found)} test{'s' if len(found) > 1 else ''}"
    return count if "every run" in found.values() else f"{count}, long run"


def _section(fault: Fault, tests: Sequence[NamedTest]) -> str:
    lines = [f"## {_title(fault)}", ""]
    for operation in OPERATIONS:
        found = covering(fault, operation, tests)
        if not found and operation in fault.operations:
            lines += [f"**{operation}**: {NOT_TESTED}", ""]
        if found:
            lines += [f"**{operation}**", "", *(_entry(*one) for one in found.items()), ""]
    return "\n".join(lines)


def _entry(test: NamedTest, run: Run) -> str:
    where = f"`{test.name}` ({test.file}{', long run' if run == 'the long run' else ''})"
    if not test.step:
        return f"- {where}"
    return f"- {where}\n  - Step: {test.step}\n  - Expected: {test.expected}"


def _title(fault: Fault) -> str:
    return f"{fault.number}. {fault.text}"


def _anchor(fault: Fault) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", _title(fault).lower()).replace(" ", "-")


def main(arguments: Sequence[str]) -> None:
    text = document(list(named_tests(TESTS)))
    if arguments:
        Path(arguments[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
