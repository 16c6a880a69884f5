"""What a rule finds."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One place where a rule does not hold."""

    rule: str
    line: int
    """Where it is shown: the line of the method's name."""
    last_line: int
    """End of the statement part it concerns; a comment that allows it may stand up to here."""
    message: str


def problem_at(rule: str, node: ast.expr, message: str) -> Problem:
    """A problem with a call or a name; of a chain over many lines, its last method's line."""
    last = node.end_lineno or node.lineno
    line = node.lineno
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        line = node.func.end_lineno or line
    return Problem(rule, line, last, message)
