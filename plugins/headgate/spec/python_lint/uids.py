"""Rule `uid`: every source, operator and sink has a uid of its own.

State is found again by the uid; a generated one changes with the shape of the job.
"""

import ast
from collections.abc import Iterable, Iterator

from headgate.spec.python_lint.calls import StreamCall
from headgate.spec.python_lint.kinds import OPERATORS, SINKS, SOURCES, Kind
from headgate.spec.python_lint.problem import Problem, problem_at

RULE = "uid"


def check(calls: Iterable[StreamCall]) -> Iterator[Problem]:
    """Operators without uid, and uids that stand twice."""
    seen: dict[str, int] = {}
    for call in calls:
        if _needs_uid(call) and not call.has_uid:
            yield problem_at(
                RULE,
                call.node,
                f"{call.method}(...) has no uid, so its state is lost as soon as the job changes "
                'its shape; add .uid("a-name-that-stays")',
            )
        uid = _constant_uid(call)
        if uid is None:
            continue
        if uid in seen:
            message = f"the uid '{uid}' stands here again (first in line {seen[uid]})"
            yield problem_at(RULE, call.node, f"{message}; Flink refuses a job with equal uids")
        seen.setdefault(uid, call.node.func.end_lineno or call.node.lineno)


def _needs_uid(call: StreamCall) -> bool:
    if call.method in SOURCES:
        return True
    if call.receiver in {None, Kind.SINK}:
        return False
    return call.method in OPERATORS | SINKS


def _constant_uid(call: StreamCall) -> str | None:
    if call.method != "uid" or not call.node.args:
        return None
    argument = call.node.args[0]
    is_text = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    return str(argument.value) if is_text and isinstance(argument, ast.Constant) else None
