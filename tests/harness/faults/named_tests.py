"""Tests by their names and docstrings, read from their files without running them."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

_STEP = re.compile(r"Step:\s*(?P<step>.*?)\s*Expected:\s*(?P<expected>.*)\Z", re.DOTALL)


Run = Literal["every run", "the long run"]


@dataclass(frozen=True)
class NamedTest:
    """One test function. `step` and `expected` are empty where its docstring does not say them.

    `cases` are the literal first arguments of its cases, such as the server that is killed, each
    with whether it belongs to the long run alone.
    """

    file: str
    name: str
    step: str
    expected: str
    cases: Mapping[str, bool] = field(hash=False)
    is_slow: bool = False
    """Whether all of it belongs to the long run alone."""

    def runs(self, pattern: str) -> Run | None:
        """Which run has what a pattern names: this test, or cases of it. None if it is neither."""
        if fnmatchcase(self.name, pattern):
            return "the long run" if self.is_slow else "every run"
        found = [
            is_slow
            for value, is_slow in self.cases.items()
            if fnmatchcase(f"{self.name}[{value}]", pattern)
        ]
        if not found:
            return None
        return "the long run" if self.is_slow or all(found) else "every run"


def named_tests(folder: Path) -> Iterator[NamedTest]:
    """Every test function below a folder, by file and place."""
    for file in sorted(folder.rglob("test_*.py")):
        module = ast.parse(file.read_text(encoding="utf-8"))
        is_slow = any(map(_marks_all_slow, module.body))
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield _named(file.relative_to(folder.parent).as_posix(), node, is_slow=is_slow)


def _marks_all_slow(statement: ast.stmt) -> bool:
    """Whether it is `pytestmark = ...slow...`."""
    return (
        isinstance(statement, ast.Assign)
        and ast.unparse(statement.targets[0]) == "pytestmark"
        and "slow" in ast.unparse(statement.value)
    )


def _named(file: str, node: ast.FunctionDef, *, is_slow: bool) -> NamedTest:
    said = _STEP.search(ast.get_docstring(node) or "")
    cases: dict[str, bool] = {}
    for value, is_slow_case in _cases(node):
        cases[value] = is_slow_case and cases.get(value, True)
    return NamedTest(
        file=file,
        name=node.name,
        step=_line(said["step"]) if said else "",
        expected=_line(said["expected"]) if said else "",
        cases=cases,
        is_slow=is_slow,
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _cases(node: ast.FunctionDef) -> Iterator[tuple[str, bool]]:
    """Of the cases that stand in a `parametrize` with a literal list."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize"):
            cases = decorator.args[1]
            for case in cases.elts if isinstance(cases, ast.List) else []:
                value = case.elts[0] if isinstance(case, ast.Tuple) and case.elts else case
                value = case.args[0] if isinstance(case, ast.Call) and case.args else value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, "slow" in ast.unparse(case)
