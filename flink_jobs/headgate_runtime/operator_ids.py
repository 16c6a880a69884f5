"""Ids for the operators that Flink's planner makes around the Python code of a job.

Without an id of its own an operator's state is found again by the shape of the whole graph. The
planner's own numbers cannot serve: they count up in the JobManager from one submission to the
next. So each gets the job's name, the kind of operator and how often that kind came before.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment

_NUMBER = re.compile(r"\[\d+\]")
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9]+")
_WITHOUT_STATE = ("PartitionTransformation", "UnionTransformation", "SideOutputTransformation")
_SINK = "SinkTransformation"
_ENDS = {"SourceTransformation": "source", _SINK: "sink"}


def name_operators(
    environment: "StreamExecutionEnvironment", job: str, side: str | None = None
) -> None:
    """Give every operator without a uid one that is the same in each build of the same job.

    `side` makes the uids of sinks others: a job that begins beside another run of itself must not
    restore the transactions of that one.
    """
    seen: Counter[str] = Counter()
    java_environment = environment._j_stream_execution_environment  # noqa: SLF001
    for transformation in all_transformations(java_environment.getTransformations()):
        kind = transformation.getClass().getSimpleName()
        if kind not in _WITHOUT_STATE and transformation.getUid() is None:
            operator = operator_kind(kind, transformation.getName())
            seen[operator] += 1
            mark = f"@{side}" if side is not None and kind == _SINK else ""
            transformation.setUid(f"{job}/{operator}-{seen[operator]}{mark}")


def operator_kind(transformation: str, name: str) -> str:
    """What an operator is, from the class of its transformation and the name it was given.

    The name of a source is `readings[1]` on Flink 2.2 and on 2.3
    `KafkaSource-default_catalog.default_database.readings`, without a number; both are
    `source-readings`. Other operators that hold state have the same name on both.
    """
    bare = _NUMBER.sub("", name).rsplit(".", 1)[-1]
    words = [_ENDS.get(transformation, ""), _NOT_A_WORD.sub("-", bare)]
    return "-".join(filter(None, words)).strip("-").lower()


def all_transformations(transformations: Iterable[Any]) -> Iterator[Any]:
    """Every transformation once, each after those it reads from, in the order of the graph."""
    visited: set[int] = set()

    def visit(transformation: Any) -> Iterator[Any]:  # noqa: ANN401 - a Java object
        if transformation.getId() in visited:
            return
        visited.add(transformation.getId())
        for upstream in transformation.getInputs():
            yield from visit(upstream)
        yield transformation

    for transformation in transformations:
        yield from visit(transformation)
