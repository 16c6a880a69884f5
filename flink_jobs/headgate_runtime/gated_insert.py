"""Putting the hand-over gate before the sink of an INSERT statement."""

import re
from collections.abc import Sequence

GATE_FUNCTION = "headgate_gate"
GATE_CLASS = "headgate.handover.HandoverGate"

_TOKEN = re.compile(
    r"""
    (?P<hint>/\*\+.*?\*/)
  | (?P<space>(?:\s+ | --[^\n]* | /\*(?!\+).*?\*/)+)
  | (?P<name>`(?:[^`]|``)*` | [^\W\d]\w*)
  | (?P<other>'(?:[^']|'')*' | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUERY_WORDS = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})


def sink_of(statement: str) -> str | None:
    """The table that an INSERT INTO names; None for a statement of another form."""
    head = _Head.read(statement)
    return head.sink if head else None


def gated(statement: str, columns: Sequence[str], bound: str) -> str | None:
    """The statement with the gate around its query; None for a statement of another form.

    The results are named by the columns of the sink, in their order, or by the list of columns
    that the statement gives. All other columns are witnesses: whichever of them is an aggregate,
    the planner cannot move the filter below the aggregation. As a filter on grouping keys alone
    it would be moved, even though the function is not deterministic, and then drop records
    instead of results.
    """
    head = _Head.read(statement)
    named = head and (head.columns or columns)
    if head is None or not named or bound not in named:
        return None
    condition = call_of_gate(bound, *(name for name in named if name != bound))
    query = statement[head.end :]
    names = ", ".join(map(_quoted, named))
    head_text = statement[: head.end]
    return f"{head_text} SELECT * FROM ({query}\n) AS `results` ({names}) WHERE {condition}"  # noqa: S608


def call_of_gate(bound: str, *witnesses: str) -> str:
    """The condition; without witnesses for results that the planner did not aggregate itself."""
    return f"{_quoted(GATE_FUNCTION)}({', '.join(map(_quoted, [bound, *witnesses]))})"


class _Head:
    """The part of an INSERT before its query."""

    def __init__(self, sink: str, columns: tuple[str, ...], end: int) -> None:
        self.sink = sink
        self.columns = columns
        self.end = end

    @classmethod
    def read(cls, statement: str) -> "_Head | None":
        tokens = [
            (match[0], match["name"] is not None, match.end())
            for match in _TOKEN.finditer(statement)
            if match["space"] is None
        ]
        if [text.upper() for text, *_ in tokens[:2]] != ["INSERT", "INTO"] or len(tokens) < 4:  # noqa: PLR2004
            return None
        at = 2
        while at + 2 < len(tokens) and tokens[at][1] and tokens[at + 1][0] == ".":
            at += 2
        if not tokens[at][1]:
            return None
        sink, end = _bare(tokens[at][0]), tokens[at][2]
        rest = tokens[at + 1 :]
        if rest and rest[0][0].startswith("/*+"):
            end, rest = rest[0][2], rest[1:]
        columns: tuple[str, ...] = ()
        if len(rest) > 1 and rest[0][0] == "(" and rest[1][1] and not _begins_query(rest[1][0]):
            inside = [text for text, *_ in rest]
            if ")" not in inside:
                return None
            close = inside.index(")")
            if not _is_list(rest[1:close]):
                return None
            columns = tuple(_bare(text) for text in inside[1:close:2])
            end, rest = rest[close][2], rest[close + 1 :]
        if not rest or not (rest[0][0] == "(" or _begins_query(rest[0][0])):
            return None
        return cls(sink, columns, end)


def _is_list(tokens: Sequence[tuple[str, bool, int]]) -> bool:
    names, commas = tokens[::2], tokens[1::2]
    return (
        len(names) == len(commas) + 1
        and all(is_name for _, is_name, _ in names)
        and all(text == "," for text, *_ in commas)
    )


def _begins_query(word: str) -> bool:
    return word.upper() in _QUERY_WORDS


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def _quoted(identifier: str) -> str:
    return "`" + identifier.replace("`", "``") + "`"
