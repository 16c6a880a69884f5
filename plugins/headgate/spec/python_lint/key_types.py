"""Rule `key-type`: every key_by names the type of its key.

Without it the key is a pickle: another Python or pickle protocol makes other bytes, and the
state of a key is no longer found.
"""

import ast
from collections.abc import Iterable, Iterator

from headgate.spec.python_lint.calls import StreamCall
from headgate.spec.python_lint.kinds import Kind
from headgate.spec.python_lint.problem import Problem, problem_at

RULE = "key-type"


def check(calls: Iterable[StreamCall]) -> Iterator[Problem]:
    """Every key_by without a key_type."""
    for call in calls:
        if call.method != "key_by":
            continue
        # The type comes second, on connected streams, which have two selectors, third.
        position = 2 if _is_connected(call) else 1
        arguments = call.node.args
        given = arguments[position] if len(arguments) > position else None
        for keyword in call.node.keywords:
            if keyword.arg in {"key_type", None}:  # None is **options, which may hold it
                given = keyword.value
        if given is None or (isinstance(given, ast.Constant) and given.value is None):
            yield problem_at(
                RULE,
                call.node,
                "key_by without key_type pickles the key, so another Python version no longer "
                "finds the state of any key; write key_by(..., key_type=Types.STRING())",
            )


def _is_connected(call: StreamCall) -> bool:
    """Also where nothing is known of the stream in front of `.connect(...)`."""
    match call.node.func:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="connect"))):
            return True
    return call.receiver is Kind.CONNECTED
