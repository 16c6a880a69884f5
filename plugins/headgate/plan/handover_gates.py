"""Whether a job can be handed over: a gate before each of its sinks, told from the compiled plan.

The gate splits results at an instant of event time. It does so only where it judges results and
not records, and where each result comes out once the watermark has reached its bound: a filter
directly before the sink, behind an operator that waits for the watermark, and nothing between
them but projections.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]

GATE_FUNCTION = "headgate_gate"
NO_BOUND = "its results have no event-time bound: stop and restore"
MISPLACED = "a gate stands before its records and not before its results: stop and restore"

_BY_WATERMARK = frozenset(
    {
        "global-window-aggregate",
        "match",
        "over-aggregate",
        "temporal-sort",
        "window-aggregate",
        "window-deduplicate",
        "window-join",
        "window-rank",
    }
)
_PASSING = frozenset({"calc", "exchange", "union", "watermark-assigner"})


def ungated_sinks(plan: str | Mapping[str, Any]) -> dict[str, str]:
    """Sink table → why its results cannot be split. Empty: the job can be handed over.

    Raises ValueError (KeyError for a part that is missing) if it is no compiled plan.
    """
    content: Mapping[str, Any] = json.loads(plan) if isinstance(plan, str) else plan
    nodes = {node["id"]: node for node in content["nodes"]}
    inputs: dict[int, list[Node]] = {}
    for edge in content["edges"]:
        inputs.setdefault(edge["target"], []).append(nodes[edge["source"]])
    sinks = [node for node in content["nodes"] if _kind(node) == "sink"]
    found = {sink_table(sink): reason for sink in sinks if (reason := _reason(sink, inputs))}
    placed = {gate["id"] for sink in sinks for gate in _gates_before(sink, inputs) or ()}
    if any(GATE_FUNCTION in json.dumps(n) for n in nodes.values() if n["id"] not in placed):
        # It judges by what is no bound of a result, whichever sink the records lead to.
        return {sink_table(sink): MISPLACED for sink in sinks}
    return found


def gates_of(plan: str | Mapping[str, Any]) -> int:
    """How many gates a plan has; each has as many instances as the job has parallelism."""
    content: Mapping[str, Any] = json.loads(plan) if isinstance(plan, str) else plan
    return sum(_is_gate(node) for node in content["nodes"])


def gates_of_python(description: Mapping[str, Any]) -> int:
    """How many gates a Python job has, from what `describe_state` of the runtime says of it."""
    return int(description.get("gates", 0))


def ungated_sinks_of_python(description: Mapping[str, Any]) -> dict[str, str]:
    """Sink table of a Python job → why its results cannot be split."""
    # A description that was kept by an earlier version does not say.
    return dict.fromkeys(description.get("ungated", ("its sinks",)), NO_BOUND)


def sink_table(sink: Node) -> str:
    """The SQL name of the table that a sink node writes."""
    return str(sink["dynamicTableSink"]["table"]["identifier"]).rsplit(".", 1)[-1].strip("`")


def _reason(sink: Node, inputs: Mapping[int, Sequence[Node]]) -> str | None:
    if sink.get("state"):
        return "its sink keeps state of its own, which a second sink would not have"
    gates = _gates_before(sink, inputs)
    if gates is None:
        return NO_BOUND
    if not all(_waits(node, inputs) for gate in gates for node in inputs.get(gate["id"], ())):
        return "its results do not wait for the watermark: stop and restore"
    return None


def _gates_before(node: Node, inputs: Mapping[int, Sequence[Node]]) -> list[Node] | None:
    """The gates through which all rows come that reach a node, or None if some do not.

    The planner puts the gate of a UNION before each of its parts.
    """
    gates: list[Node] = []
    for before in inputs.get(node["id"], ()):
        if _is_gate(before):
            gates.append(before)
            continue
        further = _gates_before(before, inputs) if _kind(before) in _PASSING else None
        if further is None:
            return None
        gates += further
    return gates or None


def _is_gate(node: Node) -> bool:
    return _kind(node) == "calc" and _calls_gate(node.get("condition"))


def _calls_gate(expression: Mapping[str, Any] | None) -> bool:
    """A condition is the gate itself, or several of which the gate is one."""
    if expression is None or expression.get("kind") != "CALL":
        return False
    if expression.get("systemName") == GATE_FUNCTION:
        return True
    is_all = expression.get("internalName") == "$AND$1"
    return is_all and any(map(_calls_gate, expression["operands"]))


def _waits(node: Node, inputs: Mapping[int, Sequence[Node]]) -> bool:
    kind = _kind(node)
    if kind in _BY_WATERMARK:
        return bool(node.get("windowing", {}).get("isRowtime", True))
    before = inputs.get(node["id"], ())
    return kind in _PASSING and bool(before) and all(_waits(one, inputs) for one in before)


def _kind(node: Node) -> str:
    return str(node["type"]).removeprefix("stream-exec-").rpartition("_")[0]
