"""The moments at which an operation can die, read off the operation itself."""

import ast
import inspect
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest
from headgate.operations.engine.phases import LastWay, Tried, Within
from headgate.operations.engine.running import operation_of
from headgate.operations.engine.step import Step

Boundary = tuple[str, str]
"""Step and phase, as the engine tells them to its listener."""
ONLY_IF_WRONG = frozenset({"restored"})
"""Steps that have an effect only where Flink has not done as it was told."""


def boundaries(kind: str, evidence: Mapping[str, Any] | None = None) -> list[Boundary]:
    """Before and after every effect: each step intended, acting, acted and done.

    A step that only looks never acts. `evidence` is what later steps depend on.
    """
    return [
        (step.name, phase)
        for step in operation_of(kind).steps(evidence or {})
        for phase in (
            ("intended", "acting", "acted", "done")
            if _acts(step) and step.name.rpartition(".")[2] not in ONLY_IF_WRONG
            else ("intended", "done")
        )
    ]


def chosen(all_of_them: Sequence[Boundary], first: Collection[Boundary]) -> list[Any]:
    """Cases for `parametrize`: those that are not of the first choice only in the long run."""
    assert set(first) <= set(all_of_them)
    return [
        pytest.param(*one, id="-".join(one), marks=[] if one in first else [pytest.mark.slow])
        for one in all_of_them
    ]


def _acts(step: Step) -> bool:
    """Whether `act` has more than a docstring."""
    while isinstance(step, Within | Tried | LastWay):
        step = step.step
    source = textwrap.dedent(inspect.getsource(type(step).act))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    return any(not _is_text(statement) for statement in function.body)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
