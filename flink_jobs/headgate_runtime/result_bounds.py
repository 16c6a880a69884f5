"""By which column of its results a SQL job can be handed over, told from its compiled plan.

A hand-over splits results at an instant of event time. That needs a column, the *bound*, with
which a result comes out once the watermark has reached it, not earlier and not later: the end of
a window, above all. A query may give it another name, so it is followed from the sink through the
plan to the operator that computes it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate_runtime.gated_insert import GATE_FUNCTION

Node = Mapping[str, Any]

_WINDOWS = ("window-aggregate", "global-window-aggregate")
_OF_WINDOWS = ("window-rank", "window-deduplicate")
"""They come after a window function or a window's results and give out what came in."""
_BY_WATERMARK = (*_WINDOWS, *_OF_WINDOWS, "match", "over-aggregate", "window-join", "temporal-sort")
"""Their results come out when the watermark has passed, and what is late is dropped."""
_PASSING = ("exchange", "union", "watermark-assigner")
_BOUNDS = ("WindowEnd", "Rowtime")
_CASTS = ("$CAST$1", "$REINTERPRET$1")


def bounds_of_results(
    plan: Mapping[str, Any], sinks: Mapping[str, Sequence[str]], declared: Mapping[str, str]
) -> dict[str, str]:
    """Sink table → the column that bounds its results; a sink without one is left out.

    `sinks` has the columns of each sink table; `declared` the columns that job.yaml names, which
    are believed where results come out by the watermark at all. A table that several statements
    write has a bound if all of them give it the same.
    """
    graph = _Graph(plan)
    found: dict[str, str | None] = {}
    for node in plan["nodes"]:
        if graph.kind(node) != "sink":
            continue
        table = _table(node)
        bound = _bound(graph, node, sinks.get(table, ()), declared.get(table))
        found[table] = bound if found.get(table, bound) == bound else None
    return {table: bound for table, bound in found.items() if bound is not None}


def gated_tables(plan: Mapping[str, Any]) -> set[str]:
    """The sink tables before which a gate really stands, with nothing but projections between.

    Of a query that gives out grouping keys alone the planner moves the gate to the records.
    """
    graph = _Graph(plan)
    sinks = [node for node in plan["nodes"] if graph.kind(node) == "sink"]
    bare = {_table(node) for node in sinks if not all(map(graph.is_gated, graph.inputs(node)))}
    return {_table(node) for node in sinks} - bare


def _bound(graph: "_Graph", sink: Node, columns: Sequence[str], declared: str | None) -> str | None:
    if sink.get("inputChangelogMode") != ["INSERT"]:
        return None
    inputs = graph.inputs(sink)
    if declared is not None:
        is_timely = declared in columns and all(map(graph.comes_by_watermark, inputs))
        return declared if is_timely else None
    for index, column in enumerate(columns):
        if all(graph.is_bound(node, index, timely=False) for node in inputs):
            return column
    return None


class _Graph:
    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._nodes = {node["id"]: node for node in plan["nodes"]}
        self._inputs: dict[int, list[int]] = {}
        for edge in plan["edges"]:
            self._inputs.setdefault(edge["target"], []).append(edge["source"])

    @staticmethod
    def kind(node: Node) -> str:
        return str(node["type"]).removeprefix("stream-exec-").rpartition("_")[0]

    def inputs(self, node: Node) -> list[Node]:
        return [self._nodes[source] for source in self._inputs.get(node["id"], ())]

    def is_gated(self, node: Node) -> bool:
        """Whether all rows of a node come through a gate that is not behind any other work."""
        kind, inputs = self.kind(node), self.inputs(node)
        if kind == "calc" and GATE_FUNCTION in json.dumps(node.get("condition")):
            return all(map(self.comes_by_watermark, inputs))
        passes = kind == "calc" or kind in _PASSING
        return passes and bool(inputs) and all(map(self.is_gated, inputs))

    def comes_by_watermark(self, node: Node) -> bool:
        """Whether the rows of a node wait for the watermark."""
        kind = self.kind(node)
        if kind in _BY_WATERMARK:
            return _is_rowtime(node)
        inputs = self.inputs(node)
        passes = kind == "calc" or kind in _PASSING
        return passes and bool(inputs) and all(map(self.comes_by_watermark, inputs))

    def is_bound(self, node: Node, index: int, *, timely: bool) -> bool:
        """Whether a column is the end of a window. `timely`: a node behind waits for that end."""
        kind, inputs = self.kind(node), self.inputs(node)
        if kind == "calc":
            source = _source_of(node["projection"], index)
            return source is not None and self.is_bound(inputs[0], source, timely=timely)
        if kind in _PASSING:
            return bool(inputs) and all(self.is_bound(n, index, timely=timely) for n in inputs)
        if kind in _WINDOWS:
            properties = node["namedWindowProperties"]
            return _is_rowtime(node) and _is_end(properties, index - _width(node, properties))
        if kind in _OF_WINDOWS:
            return _is_rowtime(node) and self.is_bound(inputs[0], index, timely=True)
        if kind == "window-table-function":
            # Of its three columns at the end the second is the window's end.
            names = list(_names(node))
            return timely and _is_rowtime(node) and index == len(names) - 2
        return False


def _table(sink: Node) -> str:
    identifier = str(sink["dynamicTableSink"]["table"]["identifier"])
    return identifier.rsplit("`.`", 1)[-1].strip("`")


def _is_rowtime(node: Node) -> bool:
    return bool(node.get("windowing", {}).get("isRowtime", True))


def _width(node: Node, properties: Sequence[Any]) -> int:
    """How many columns come before those of the window."""
    return len(list(_names(node))) - len(properties)


def _is_end(properties: Sequence[Mapping[str, Any]], index: int) -> bool:
    in_range = 0 <= index < len(properties)
    return in_range and properties[index]["property"]["kind"] in _BOUNDS


def _source_of(projection: Sequence[Mapping[str, Any]], index: int) -> int | None:
    """The column of the input that stands in a place of a projection, also where it is cast."""
    if index >= len(projection):
        return None
    expression = projection[index]
    while expression["kind"] == "CALL" and expression.get("internalName") in _CASTS:
        if not str(expression["type"]).startswith("TIMESTAMP"):
            return None
        expression = expression["operands"][0]
    return int(expression["inputIndex"]) if expression["kind"] == "INPUT_REF" else None


def _names(node: Node) -> Iterator[str]:
    """Names of a node's columns, whichever of its two forms the row type has."""
    row = node["outputType"]
    if isinstance(row, Mapping):
        yield from (str(field["name"]) for field in row.get("fields", ()))
        return
    depth, text = 0, str(row).removeprefix("ROW<")
    start = True
    for place, sign in enumerate(text):
        if start and sign == "`":
            yield text[place + 1 : text.index("`", place + 1)]
            start = False
        depth += (sign in "<(") - (sign in ">)")
        start = start or (sign == "," and depth == 0)
