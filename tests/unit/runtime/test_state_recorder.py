"""The state of a function is what it asks for when it is opened, whoever opens it."""

from typing import Any
from uuid import uuid4

import pytest
from headgate_runtime.state_recorder import StateNotClear, states_of


class Type:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


class Descriptor:
    """What PyFlink's descriptors offer (pyflink/datastream/state.py)."""

    def __init__(self, name: str, type_info: object, ttl: object = None) -> None:
        self._name = name
        self.type_info = type_info
        self._ttl_config = ttl

    def get_name(self) -> str:
        return self._name


class Function:
    def __init__(self, opening: Any) -> None:
        self._opening = opening

    def open(self, context: Any) -> None:
        self._opening(context)


LONG = Type("Long")


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("get_state", "value"),
        ("get_list_state", "list"),
        ("get_map_state", "map"),
        ("get_reducing_state", "reducing"),
        ("get_aggregating_state", "aggregating"),
    ],
)
def test_states_of_function_are_named_with_kind_and_type(method: str, kind: str) -> None:
    function = Function(lambda context: getattr(context, method)(Descriptor("count", LONG)))
    assert states_of(function) == {"count": f"{kind} Long"}


def test_states_made_in_a_loop_are_all_found() -> None:
    def opening(context: Any) -> None:
        for name in ("low", "high"):
            context.get_state(Descriptor(name, LONG))

    assert sorted(states_of(Function(opening))) == ["high", "low"]


def test_expiring_state_is_of_another_type() -> None:
    function = Function(lambda context: context.get_state(Descriptor("count", LONG, object())))
    assert states_of(function) == {"count": "value Long with TTL"}


def test_function_without_open_keeps_nothing() -> None:
    assert states_of(object()) == {}


def test_metrics_may_be_made_in_open() -> None:
    def opening(context: Any) -> None:
        context.get_metrics_group().add_group("g").counter("c")
        context.get_state(Descriptor(f"of {context.get_max_number_of_parallel_subtasks()}", LONG))

    assert states_of(Function(opening)) == {"of 128": "value Long"}


@pytest.mark.parametrize(
    "opening",
    [
        lambda context: context.get_state(Descriptor(str(uuid4()), LONG)),
        lambda context: context.get_state(
            Descriptor(f"{context.get_index_of_this_subtask()}", LONG)
        ),
        lambda context: context.get_state(Descriptor("x", object())),
        lambda context: context.get_state(Descriptor("x", LONG)).value(),
        lambda context: context.get_job_parameter("x", ""),
    ],
    ids=["random-name", "name-by-instance", "type-without-name", "used-in-open", "job-parameter"],
)
def test_state_that_cannot_be_told_is_not_guessed(opening: Any) -> None:
    with pytest.raises(StateNotClear):
        states_of(Function(opening))


def test_error_of_open_is_not_hidden() -> None:
    def opening(_: Any) -> None:
        raise KeyError("limits.csv")

    with pytest.raises(KeyError):
        states_of(Function(opening))


def test_window_has_the_state_of_its_readings_and_of_its_function() -> None:
    class Assigner:
        def __init__(self) -> None:
            self._size = 1000

    class Operation:
        window_state_descriptor = Descriptor("window-contents", LONG)
        assigner = Assigner()
        trigger = object()
        internal_window_function = Function(lambda c: c.get_state(Descriptor("mine", LONG)))

    states = states_of(Operation())
    assert states["mine"] == "value Long"
    assert states["window-contents"] == "window Assigner(_size=1000) object Long"
