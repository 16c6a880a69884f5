"""Run all rules over one Python file of a job."""

import ast
import re
import warnings
from pathlib import Path

from headgate.errors import Finding
from headgate.spec.python_lint import (
    key_types,
    keyed_aggregates,
    state_places,
    state_types,
    timers,
    uids,
)
from headgate.spec.python_lint.calls import stream_calls
from headgate.spec.python_lint.problem import Problem

_ALLOWED = re.compile(r"#\s*headgate:\s*allow\s+([a-z-]+)")


def lint_python(file: Path, source: str, *, are_timers_safe: bool) -> list[Finding]:
    """All findings of one file. `are_timers_safe` if the job runs with a bundle size of 1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, filename=file.name)
            problems = _problems(tree, are_timers_safe=are_timers_safe)
    except SyntaxError as error:
        return [Finding(file, error.lineno or 1, f"not Python: {error.msg}")]
    except (RecursionError, MemoryError):
        return [Finding(file, 1, "the nesting is too deep")]
    except ValueError as error:
        return [Finding(file, 1, f"not Python: {error}")]
    if not tree.body:
        return [Finding(file, 1, "the file is empty")]
    lines = source.splitlines()
    return [
        Finding(file, problem.line, problem.message)
        for problem in problems
        if not _is_allowed(problem, lines)
    ]


def _problems(tree: ast.Module, *, are_timers_safe: bool) -> list[Problem]:
    calls = stream_calls(tree)
    problems = [
        *keyed_aggregates.check(calls),
        *key_types.check(calls),
        *uids.check(calls),
        *state_types.check(tree),
        *state_places.check(tree),
    ]
    if not are_timers_safe:
        problems += timers.check(tree, calls)
    return problems


def _is_allowed(problem: Problem, lines: list[str]) -> bool:
    near = lines[problem.line - 1 : problem.last_line]
    return any(problem.rule in _ALLOWED.findall(line) for line in near)
