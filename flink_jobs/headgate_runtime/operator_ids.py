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


def name_operators(environment: "StreamExecutionEnvironment", job: str) -> None:
    """Give every operator without a uid one that is the same in each build of the same job."""
    seen: Counter[str] = Counter()
    java_environment = environment._j_stream_execution_environment  # noqa: SLF001
    for transformation in _all(java_environment.getTransformations()):
        if transformation.getClass().getSimpleName() in _WITHOUT_STATE:
            continue
        if transformation.getUid() is None:
            transformation.setUid(next_uid(job, transformation.getName(), seen))


def next_uid(job: str, operator: str, seen: Counter[str]) -> str:
    """`stuck-sensors/window-aggregate-2` for the second of its kind."""
    kind = _NOT_A_WORD.sub("-", _NUMBER.sub("", operator)).strip("-").lower()
    seen[kind] += 1
    return f"{job}/{kind}-{seen[kind]}"


def _all(transformations: Iterable[Any]) -> Iterator[Any]:
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
