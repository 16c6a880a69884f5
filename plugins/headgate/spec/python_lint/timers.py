"""Rule `timer`: no timers of PyFlink, and none of its windows and triggers, which use them.

A timer registered in the last bundle before a checkpoint reaches the JVM after the snapshot, so a
restored job has the state without its timer and the window never closes. With a bundle size of 1
there is no such bundle.
"""

import ast
from collections.abc import Iterable, Iterator

from headgate.spec.python_lint.calls import StreamCall
from headgate.spec.python_lint.problem import Problem, problem_at

RULE = "timer"
_TIMERS = frozenset({"register_event_time_timer", "register_processing_time_timer"})
_WINDOWS = frozenset({"window", "window_all", "count_window"})
_BASES = frozenset(
    {
        "Trigger",
        "WindowAssigner",
        "MergingWindowAssigner",
        "CountWindowAssigner",
        "ProcessWindowFunction",
        "ProcessAllWindowFunction",
    }
)
_ADVICE = (
    "a timer of PyFlink set just before a checkpoint is not in it, so windows are lost at a "
    "restart; build on `CustomWindow` of `headgate_runtime.custom_window`, or set "
    'python.fn-execution.bundle.size: "1" in flink_configuration'
)


def check(tree: ast.Module, calls: Iterable[StreamCall]) -> Iterator[Problem]:
    """Every timer, DataStream window and trigger."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _TIMERS:
            yield problem_at(RULE, node, f"{node.attr}: {_ADVICE}")
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                name = ast.unparse(base).split("[")[0].split(".")[-1]
                if name in _BASES:
                    yield problem_at(RULE, base, f"{name}: {_ADVICE}")
    for call in calls:
        if call.method in _WINDOWS and call.receiver is not None:
            yield problem_at(RULE, call.node, f"{call.method}(...): {_ADVICE}")
