"""Rule `keyed-aggregate`: no reduce, sum, min, max, min_by, max_by on a KeyedStream.

PyFlink names their state "_reduce_state" + uuid4() when the operator opens, so no restore and no
failover ever finds it again (seen in 1.20.5, 2.2.1 and 2.3.0).
"""

from collections.abc import Iterable, Iterator

from headgate.spec.python_lint.calls import StreamCall
from headgate.spec.python_lint.kinds import Kind
from headgate.spec.python_lint.problem import Problem, problem_at

RULE = "keyed-aggregate"
_BANNED = frozenset({"reduce", "sum", "min", "max", "min_by", "max_by"})


def check(calls: Iterable[StreamCall]) -> Iterator[Problem]:
    """Every such call."""
    for call in calls:
        if call.receiver is Kind.KEYED and call.method in _BANNED:
            yield problem_at(
                RULE,
                call.node,
                f"KeyedStream.{call.method} loses its state at every restart, because PyFlink "
                "gives the state a new random name each time; aggregate in SQL, or keep typed "
                "state in a `CustomWindow` of `headgate_runtime.custom_window`",
            )
