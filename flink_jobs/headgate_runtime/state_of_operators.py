"""The state of every operator of a Python job: its uid, its key, its states by name.

Operators that the planner has made around the Python code have no names of states that could be
asked for; the kind of the operator stands for its state, and all that the planner says of it
together with the rows that come in is its type.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import cloudpickle  # type: ignore[import-not-found,unused-ignore]  # comes with PyFlink

from headgate_runtime.operator_ids import all_transformations, operator_kind
from headgate_runtime.state_recorder import StateNotClear, states_of

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment

_WITHOUT_STATE = frozenset(
    {
        "CacheTransformation",
        "PartitionTransformation",
        "SideOutputTransformation",
        "TimestampsAndWatermarksTransformation",
        "UnionTransformation",
    }
)
_OPERATORS = frozenset({"OneInputTransformation", "TwoInputTransformation"})
_ENDS = frozenset({"SourceTransformation", "LegacySourceTransformation", "SinkTransformation"})
_SERIALISER = re.compile(r"\(org\.apache\.flink\.[^()]*\)")
_NUMBER = re.compile(r"^\[\d+\]:")


def describe_state(environment: "StreamExecutionEnvironment") -> list[dict[str, Any]]:
    """`uid`, `key` and `states` of all operators that keep state, in the order of their uids.

    Raises StateNotClear for an operator of which that cannot be told.
    """
    # Python operators in a row become one operator, under one uid, when the graph is made.
    environment._generate_stream_graph()  # noqa: SLF001
    java = environment._j_stream_execution_environment  # noqa: SLF001
    found = [
        {"uid": transformation.getUid(), **state}
        for transformation in all_transformations(java.getTransformations())
        if (state := _state(transformation)) is not None
    ]
    return sorted(found, key=lambda operator: str(operator["uid"]))


def _state(transformation: Any) -> dict[str, Any] | None:  # noqa: ANN401 - a Java object
    kind = transformation.getClass().getSimpleName()
    if kind in _WITHOUT_STATE:
        return None
    if kind in _ENDS:
        return {"key": None, "states": dict([_end(kind, transformation)])}
    if kind not in _OPERATORS:
        name = transformation.getUid() or transformation.getName()
        raise StateNotClear(
            f"operator '{name}' ({kind}): what state it keeps cannot be told; broadcast state and "
            "iterations are not supported"
        )
    key_type = transformation.getStateKeyType()
    key = None if key_type is None else _type(key_type)
    functions = list(_functions(transformation))
    states: dict[str, str] = {}
    for function in functions:
        states |= states_of(function)
    if not functions and key is not None:
        states = {operator_kind(kind, transformation.getName()): _planned(transformation)}
    return {"key": key, "states": states} if states else None


def _end(kind: str, transformation: Any) -> tuple[str, str]:  # noqa: ANN401 - a Java object
    if kind == "SourceTransformation":
        return "SourceReaderState", f"splits of {transformation.getSource().getClass().getName()}"
    if kind == "SinkTransformation":
        return "writer_raw_states", f"writer of {transformation.getSink().getClass().getName()}"
    return "source", f"position of {transformation.getName()}"


def _functions(transformation: Any) -> Iterator[Any]:  # noqa: ANN401 - a Java object
    """The Python functions of an operator, those chained into it included."""
    factory = transformation.getOperatorFactory()
    if factory.getClass().getSimpleName() != "SimpleOperatorFactory":
        return
    operator = factory.getOperator()
    if (
        not operator.getClass()
        .getName()
        .startswith("org.apache.flink.streaming.api.operators.python.")
    ):
        return
    yield from _with_inputs(operator.getPythonFunctionInfo())


def _with_inputs(function_info: Any) -> Iterator[Any]:  # noqa: ANN401 - a Java object
    for given in function_info.getInputs():
        if given.getClass().getSimpleName() == "DataStreamPythonFunctionInfo":
            yield from _with_inputs(given)
    yield cloudpickle.loads(bytes(function_info.getPythonFunction().getSerializedPythonFunction()))


def _planned(transformation: Any) -> str:  # noqa: ANN401 - a Java object
    """What comes out is part of it: some accumulators say nothing of what they gather."""
    rows = "; ".join(_type(source.getOutputType()) for source in transformation.getInputs())
    said = transformation.getDescription() or transformation.getName()
    return f"{_NUMBER.sub('', said)} of {rows} to {_type(transformation.getOutputType())}"


def _type(kind: Any) -> str:  # noqa: ANN401 - a Java object
    """`ROW<...>` without the serialiser behind it."""
    return _SERIALISER.sub("", str(kind.toString()))
