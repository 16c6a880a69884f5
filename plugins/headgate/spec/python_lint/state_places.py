"""Rule `state-place`: a function obtains its state in `open`, and nowhere else.

What state a job keeps is found out before it is deployed, by opening its functions without
running them. State that is obtained later, for a window, or as broadcast state is not seen there,
and a change of its type would go unnoticed.
"""

import ast
from collections.abc import Iterator

from headgate.spec.python_lint.problem import Problem, problem_at

RULE = "state-place"
_OBTAINING = frozenset(
    {
        "get_state",
        "get_list_state",
        "get_map_state",
        "get_reducing_state",
        "get_aggregating_state",
    }
)
_NOT_SEEN = {
    "get_broadcast_state": "broadcast state",
    "get_partitioned_state": "state of a trigger",
    "window_state": "state of a single window",
    "global_state": "state that windows share",
}


def check(tree: ast.Module) -> Iterator[Problem]:
    """Every state that is obtained where it is not seen."""
    yield from _check(tree, within="")


def _check(node: ast.AST, within: str) -> Iterator[Problem]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield from _check(child, name)
                continue
            case ast.Call(func=ast.Attribute(attr=method)):
                yield from _of_call(child, method, within)
            case ast.Lambda():
                yield from _check(child, "a lambda")
                continue
        yield from _check(child, within)


def _of_call(call: ast.Call, method: str, within: str) -> Iterator[Problem]:
    arguments = len(call.args) + len(call.keywords)
    # PyFlink's methods take one descriptor; others of these names hardly do.
    if method in _OBTAINING and arguments == 1 and within != "open":
        yield problem_at(
            RULE,
            call,
            f"{method}(...) outside of `open`: this state is not recorded, so a change of its type "
            "would not be noticed; obtain it in `open` and keep it in an attribute",
        )
    elif method in _NOT_SEEN and (method.startswith("get_") or arguments == 0):
        yield _not_recorded(call, method, _NOT_SEEN[method])
    elif method == "broadcast" and arguments:
        yield _not_recorded(call, method, "broadcast state")


def _not_recorded(call: ast.Call, method: str, what: str) -> Problem:
    return problem_at(
        RULE,
        call,
        f"{method}(...): {what} is not recorded, so a change of its type would not be noticed; "
        "keep keyed state that is obtained in `open`",
    )
