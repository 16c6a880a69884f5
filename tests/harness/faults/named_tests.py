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

    def runs(self, pattern: str) -> Run | None:
        """Which run has what a pattern names: this test, or cases of it. None if it is neither."""
        if fnmatchcase(self.name, pattern):
            return "every run"
        found = [
            is_slow
            for value, is_slow in self.cases.items()
            if fnmatchcase(f"{self.name}[{value}]", pattern)
        ]
        if not found:
            return None
        return "the long run" if all(found) else "every run"


def named_tests(folder: Path) -> Iterator[NamedTest]:
    """Every test function below a folder, by file and place."""
    for file in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield _named(file.relative_to(folder.parent).as_posix(), node)


def _named(file: str, node: ast.FunctionDef) -> NamedTest:
    said = _STEP.search(ast.get_docstring(node) or "")
    cases: dict[str, bool] = {}
    for value, is_slow in _cases(node):
        cases[value] = is_slow and cases.get(value, True)
    return NamedTest(
        file=file,
        name=node.name,
        step=_line(said["step"]) if said else "",
        expected=_line(said["expected"]) if said else "",
        cases=cases,
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
