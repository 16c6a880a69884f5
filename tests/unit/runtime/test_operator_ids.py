from collections import Counter

from headgate_runtime.operator_ids import name_operators


class Transformation:
    """The part of Flink's Transformation that names are given by."""

    def __init__(self, number: int, name: str, inputs: list["Transformation"]) -> None:
        self._number, self._name, self._inputs = number, name, inputs
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
        is_exchange = self._name.startswith("Exchange")
        return "PartitionTransformation" if is_exchange else "OneInputTransformation"


class Environment:
    """Holds the ends of a graph, as StreamExecutionEnvironment does."""

    def __init__(self, ends: list[Transformation]) -> None:
        self._ends = ends

    @property
    def _j_stream_execution_environment(self) -> "Environment":
        return self

    def getTransformations(self) -> list[Transformation]:
        return self._ends


def graph(first: int) -> list[Transformation]:
    """A graph whose numbers start at `first`, as they do in a JVM that has planned before."""
    source = Transformation(first, f"Source: readings[{first}]", [])
    left = Transformation(first + 1, f"Calc[{first + 1}]", [source])
    exchange = Transformation(first + 2, "Exchange", [left])
    right = Transformation(first + 3, f"Calc[{first + 3}]", [source])
    python = Transformation(first + 4, "stuck-sensors", [exchange, right])
    python.setUid("stuck-sensors")
    sink = Transformation(first + 5, f"stuck_sensors[{first + 5}]: Writer", [python])
    return [source, left, exchange, right, python, sink]


def test_names_do_not_depend_on_the_numbers_of_the_planner() -> None:
    names = []
    for first in (1, 170):
        operators = graph(first)
        name_operators(Environment(operators[-1:]), "stuck-sensors")
        names.append([operator.uid for operator in operators])
    assert names[0] == names[1]
    assert names[0] == [
        "stuck-sensors/source-readings-1",
        "stuck-sensors/calc-1",
        None,
        "stuck-sensors/calc-2",
        "stuck-sensors",
        "stuck-sensors/stuck-sensors-writer-1",
    ]


def test_every_name_is_given_once() -> None:
    operators = graph(1)
    name_operators(Environment(operators), "a")
    assert max(Counter(o.uid for o in operators if o.uid).values()) == 1
