"""Rule `state-type`: state is typed, never pickled.

Pickled state needs the same class under the same path for ever, and Flink does not check it: a
restore with another type succeeds and reads nonsense.
"""

import ast
from collections.abc import Iterator

from headgate.spec.python_lint.problem import Problem, problem_at

RULE = "state-type"
_PICKLED = frozenset({"PICKLED_BYTE_ARRAY", "PickledBytesTypeInfo"})
_TYPES_OF_DESCRIPTORS = {
    "ValueStateDescriptor": ((1, "value_type_info"),),
    "ListStateDescriptor": ((1, "elem_type_info"),),
    "MapStateDescriptor": ((1, "key_type_info"), (2, "value_type_info")),
    "ReducingStateDescriptor": ((2, "type_info"),),
    "AggregatingStateDescriptor": ((2, "state_type_info"),),
}
"""Position and name of each type argument (pyflink/datastream/state.py)."""


def check(tree: ast.Module) -> Iterator[Problem]:
    """Every pickled type, and every state descriptor without a type."""
    for node in ast.walk(tree):
        name = _name(node) if isinstance(node, ast.expr) else None
        if isinstance(node, ast.expr) and name in _PICKLED:
            yield problem_at(
                RULE,
                node,
                f"{name} ties the state to one class path and Python; use typed state, such as "
                "Types.LONG(), Types.STRING() or Types.ROW([...])",
            )
        if isinstance(node, ast.Call) and _lacks_type(node):
            yield problem_at(
                RULE,
                node,
                f"{_name(node.func)} without a type pickles the state; give the type, such as "
                "Types.LONG() or Types.ROW([...])",
            )


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _lacks_type(call: ast.Call) -> bool:
    wanted = _TYPES_OF_DESCRIPTORS.get(_name(call.func) or "", ())
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given:
        return False
    for position, keyword in wanted:
        value = call.args[position] if len(call.args) > position else given.get(keyword)
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            return True
    return False
