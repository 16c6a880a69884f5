"""The state of a SQL job, read from its compiled plan.

A node of a plan (`org.apache.flink.table.planner.plan.nodes.exec`) becomes operators with the uids
`<node id>_<operator>` (`table.exec.uid.format`; equal in Flink 2.2.1 and 2.3.0). Some nodes name
their states (`state`), the others keep theirs under names that only the operator's code has; here
they are called by Flink's names where there is one state, else by the kind of the operator.

The type of a state is made from all that decides what is kept: what is aggregated, the window, the
rows that come in. Names that are only given to results are not part of it. Of a kind of node that
is not known here nothing is left out, so a change may be noticed that would have done no harm, but
none is overlooked.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headgate.ids import digest_of
from headgate.plan.row_type import Column, columns_of_type, type_text
from headgate.plan.state_manifest import OperatorState, StateManifest

Node = Mapping[str, Any]

_PREFIX = "stream-exec-"
_WITHOUT_STATE = frozenset(
    {
        "async-calc",
        "async-correlate",
        "calc",
        "correlate",
        "drop-update-before",
        "exchange",
        "expand",
        "local-group-aggregate",
        "local-window-aggregate",
        "lookup-join",
        "mini-batch-assigner",
        "python-calc",
        "python-correlate",
        "union",
        "values",
        "watermark-assigner",
    }
)
_AGGREGATES = frozenset(
    {
        "global-group-aggregate",
        "global-window-aggregate",
        "group-aggregate",
        "group-window-aggregate",
        "incremental-group-aggregate",
        "window-aggregate",
    }
)
_STATE_OF_WINDOWS = "window-aggs"
_STATE_OF_SOURCES = "SourceReaderState"
_STATE_OF_SINKS = "writer_raw_states"
_NOT_OF_STATE = frozenset(
    {
        "configuration",
        "description",
        "id",
        "inputProperties",
        "namedWindowProperties",
        "outputType",
        "state",
        "type",
    }
)
"""Parts of a node that say nothing of its state: results, settings, words."""


def manifest_of_plan(
    plan: str | Mapping[str, Any],
    *,
    max_parallelism: int | None = None,
    backend: str | None = None,
) -> StateManifest:
    """The state manifest of a compiled plan, given as its JSON text or as what that holds.

    Raises ValueError (KeyError for a part that is missing) if it is no compiled plan.
    """
    content: Mapping[str, Any] = json.loads(plan) if isinstance(plan, str) else plan
    graph = _Graph(content)
    operators = dict(pair for node in content["nodes"] for pair in _operators(node, graph))
    return StateManifest(operators, max_parallelism, backend)


class _Graph:
    """The nodes of a plan and what they read from."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._nodes = {node["id"]: node for node in plan["nodes"]}
        self._inputs: dict[int, list[int]] = {}
        for edge in plan["edges"]:
            self._inputs.setdefault(edge["target"], []).append(edge["source"])

    def inputs(self, node: Node) -> list[Node]:
        return [self._nodes[source] for source in self._inputs.get(node["id"], ())]

    def columns(self, node: Node) -> list[tuple[Column, ...]]:
        return [columns_of_type(source["outputType"]) for source in self.inputs(node)]

    def keys(self, node: Node) -> str | None:
        """By what the input of a node is distributed over its instances."""
        texts = [text for source in self.inputs(node) if (text := self._distribution(source))]
        return "; ".join(dict.fromkeys(texts)) or None

    def _distribution(self, node: Node) -> str | None:
        if _kind(node)[0] != "exchange":
            return self.keys(node)
        wanted = node["inputProperties"][0]["requiredDistribution"]
        if wanted["type"] != "HASH":
            return str(wanted["type"]).lower()
        return _chosen(columns_of_type(node["outputType"]), wanted["keys"])


def _operators(node: Node, graph: _Graph) -> Iterator[tuple[str, OperatorState]]:
    kind, version = _kind(node)
    named = [state["name"] for state in node.get("state") or ()]
    if kind == "table-source-scan":
        # Of a Flink 2.3 plan the connector names the operator, and the connector is Kafka's.
        operator = "source" if version == "1" else "kafka"
        yield _uid(node, operator), OperatorState(None, {_STATE_OF_SOURCES: _table(node)})
    elif kind == "sink":
        yield _uid(node, "sink"), OperatorState(None, {_STATE_OF_SINKS: _table(node)})
        if named:
            yield (
                _uid(node, "upsert-materialize"),
                OperatorState(graph.keys(node), _states(named, node, _rows(node, graph))),
            )
    elif kind in _AGGREGATES:
        names = named or [_STATE_OF_WINDOWS if "window" in kind else kind]
        columns = graph.columns(node)[0]
        key = _chosen(columns, node["grouping"]) if "grouping" in node else graph.keys(node)
        yield _uid(node, kind), OperatorState(key, _states(names, node, _aggregate(node, graph)))
    elif named or not _is_stateless(kind, node):
        states = _states(named or [kind], node, _rows(node, graph))
        yield _uid(node, kind), OperatorState(graph.keys(node), states)


def _kind(node: Node) -> tuple[str, str]:
    """`stream-exec-calc_1` is (`calc`, `1`)."""
    name, _, version = str(node["type"]).removeprefix(_PREFIX).rpartition("_")
    return name, version


def _is_stateless(kind: str, node: Node) -> bool:
    if kind == "window-table-function":
        # Sessions grow with what arrives and are kept; all other windows follow from the time.
        return bool(node["windowing"]["window"]["type"] != "SessionWindow")
    return kind in _WITHOUT_STATE


def _uid(node: Node, operator: str) -> str:
    return f"{node['id']}_{operator}"


def _table(node: Node) -> str:
    """`splits of sensor_readings`, `transactions of device_minutes`."""
    part = node.get("scanTableSource") or node["dynamicTableSink"]
    name = str(part["table"]["identifier"]).rsplit(".", 1)[-1].strip("`")
    return f"{'splits' if 'scanTableSource' in node else 'transactions'} of {name}"


def _states(names: Sequence[str], node: Node, content: str) -> dict[str, str]:
    """Each state with its type. An expiring state carries times, so it is of another type."""
    expiring = {
        state["name"] for state in node.get("state") or () if not state["ttl"].startswith("0 ")
    }
    return {name: f"{content} with TTL" if name in expiring else content for name in names}


def _aggregate(node: Node, graph: _Graph) -> str:
    """`TumblingWindow(size=PT1M) of [COUNT() BIGINT NOT NULL, ...]`."""
    given = node.get("localAggInputRowType")
    columns = columns_of_type(given) if given else graph.columns(node)[0]
    calls = ", ".join(_call(call, columns) for call in node.get("aggCalls", ()))
    others = {
        key: value
        for key, value in node.items()
        if key not in _NOT_OF_STATE | {"aggCalls", "grouping", "localAggInputRowType", "windowing"}
        and value not in (False, None, [])
    }
    rest = f" #{_digest(others)}" if others else ""
    return f"{_window(node)}[{calls}]{rest}"


def _window(node: Node) -> str:
    windowing = node.get("windowing")
    if not windowing:
        return ""
    window = dict(windowing["window"])
    kind = window.pop("type")
    settings = ", ".join(f"{key}={window[key]}" for key in sorted(window))
    clock = "" if windowing.get("isRowtime", True) else " by processing time"
    return f"{kind}({settings}){clock} of "


def _call(call: Mapping[str, Any], columns: Sequence[Column]) -> str:
    written = (call.get(key) for key in ("internalName", "catalogName", "systemName", "class"))
    name = str(next(filter(None, written), _digest(call))).strip("$").rsplit("$", 1)[0]
    arguments = ", ".join(_argument(columns, index) for index in call["argList"])
    distinct = "DISTINCT " if call.get("distinct") else ""
    filtered = call.get("filterArg", -1)
    only = f" FILTER {_argument(columns, filtered)}" if filtered >= 0 else ""
    return f"{name}({distinct}{arguments}){only} {type_text(call['type'])}"


def _argument(columns: Sequence[Column], index: int) -> str:
    """An index beyond the input stands for a constant, which has no column."""
    return str(columns[index]) if index < len(columns) else f"constant {index - len(columns)}"


def _chosen(columns: Sequence[Column], indices: Sequence[int]) -> str:
    return ", ".join(str(columns[index]) for index in indices) or "none"


def _rows(node: Node, graph: _Graph) -> str:
    """The rows that come in, and a digest of all that is done with them."""
    rows = "; ".join(", ".join(map(str, columns)) for columns in graph.columns(node))
    content = {key: value for key, value in node.items() if key not in _NOT_OF_STATE}
    return f"rows of ({rows}) #{_digest(content)}"


def _digest(content: Mapping[str, Any]) -> str:
    return digest_of("state", json.dumps(content, sort_keys=True))[:12]
