from collections import Counter

from headgate_runtime.operator_ids import name_operators


class Transformation:
    """The part of Flink's Transformation that names are given by."""

    def __init__(
        self,
        number: int,
        name: str,
        inputs: list["Transformation"],
        kind: str = "OneInputTransformation",
    ) -> None:
        self._number, self._name, self._inputs, self._kind = number, name, inputs, kind
        self.uid: str | None = None

    def getId(self) -> int:
        return self._number

    def getName(self) -> str:
        return self._name

    def getInputs(self) -> list["Transformation"]:
        return self._inputs

    def getUid(self) -> str | None:
        return self.uid

    def setUid(self, uid: str) -> None:
        self.uid = uid

    def getClass(self) -> "Transformation":
        return self

    def getSimpleName(self) -> str:
        return self._kind


class Environment:
    """Holds the ends of a graph, as StreamExecutionEnvironment does."""

    def __init__(self, ends: list[Transformation]) -> None:
        self._ends = ends

    @property
    def _j_stream_execution_environment(self) -> "Environment":
        return self

    def getTransformations(self) -> list[Transformation]:
        return self._ends


def graph(first: int, source_name: str) -> list[Transformation]:
    """A graph whose numbers start at `first`, as they do in a JVM that has planned before."""
    source = Transformation(first, source_name, [], "SourceTransformation")
    left = Transformation(first + 1, f"Calc[{first + 1}]", [source])
    exchange = Transformation(first + 2, "Exchange", [left], "PartitionTransformation")
    right = Transformation(first + 3, f"Calc[{first + 3}]", [source])
    python = Transformation(first + 4, "stuck-sensors", [exchange, right])
    python.setUid("stuck-sensors")
    sink = Transformation(first + 5, f"stuck_sensors[{first + 5}]", [python], "SinkTransformation")
    return [source, left, exchange, right, python, sink]


def test_names_depend_neither_on_the_planners_numbers_nor_on_the_flink_line() -> None:
    names = []
    for operators in (
        graph(1, "readings[1]"),
        graph(170, "readings[170]"),
        graph(1, "KafkaSource-default_catalog.default_database.readings"),
    ):
        name_operators(Environment(operators[-1:]), "stuck-sensors")
        names.append([operator.uid for operator in operators])
    assert names[0] == names[1] == names[2]
    assert names[0] == [
        "stuck-sensors/source-readings-1",
        "stuck-sensors/calc-1",
        None,
        "stuck-sensors/calc-2",
        "stuck-sensors",
        "stuck-sensors/sink-stuck-sensors-1",
    ]


def test_every_name_is_given_once() -> None:
    operators = graph(1, "readings[1]")
    name_operators(Environment(operators), "a")
    assert max(Counter(o.uid for o in operators if o.uid).values()) == 1
