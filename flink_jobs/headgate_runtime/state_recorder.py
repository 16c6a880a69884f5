"""What state a Python function asks for, found out by opening it.

`open` is where a function obtains its state, and it is the only place that lint allows. Here it is
opened as Flink would open it, with a context that notes what is asked for and keeps nothing. It is
opened twice, as one instance and as another: what it asks for must not depend on that.
"""

from typing import Any

_KINDS = {
    "get_state": "value",
    "get_list_state": "list",
    "get_map_state": "map",
    "get_reducing_state": "reducing",
    "get_aggregating_state": "aggregating",
}
"""Methods of `pyflink.datastream.functions.KeyedStateStore`."""


class StateNotClear(Exception):
    """The state of a function cannot be told from its `open`."""


def states_of(function: Any) -> dict[str, str]:  # noqa: ANN401 - a function of PyFlink
    """State name → type of a function, or of a window's operation, as PyFlink ships it to workers.

    Raises StateNotClear, and whatever the function's `open` raises.
    """
    first, second = (_opened(function, instance) for instance in (_FIRST, _OTHER))
    if first != second:
        raise StateNotClear(
            f"{type(function).__name__}: its state is another each time it is opened "
            f"({_listed(first)}; then {_listed(second)})"
        )
    return first


def _opened(function: Any, instance: dict[str, Any]) -> dict[str, str]:  # noqa: ANN401
    context = RecordingContext(instance)
    window = getattr(function, "window_state_descriptor", None)
    if window is not None:
        context.note(f"window {_window(function)}", window)
        function = function.internal_window_function
    # An asynchronous function is wrapped, too.
    function = getattr(function, "async_function", function)
    if hasattr(function, "open"):
        function.open(context)
    return context.states


def _window(operation: Any) -> str:  # noqa: ANN401 - a WindowOperationDescriptor
    """`TumblingEventTimeWindows(_offset=0, _size=1000) EventTimeTrigger`."""
    plain = (int, str, bool)
    settings = ", ".join(
        f"{name}={value}"
        for name, value in sorted(vars(operation.assigner).items())
        if isinstance(value, plain)
    )
    trigger = type(operation.trigger).__name__
    return f"{type(operation.assigner).__name__}({settings}) {trigger}"


class RecordingContext:
    """Stands for PyFlink's RuntimeContext and notes each state that is asked for."""

    def __init__(self, instance: dict[str, Any]) -> None:
        self.states: dict[str, str] = {}
        self._instance = instance

    def note(self, kind: str, descriptor: Any) -> None:  # noqa: ANN401 - a StateDescriptor
        """Note a state. Raises StateNotClear if its type has no name."""
        name, type_text = descriptor.get_name(), repr(descriptor.type_info)
        if " object at 0x" in type_text:
            raise StateNotClear(
                f"state '{name}': the type {type(descriptor.type_info).__name__} has no name"
            )
        # PyFlink keeps the setting to itself; an expiring state carries the time of each value.
        expires = getattr(descriptor, "_ttl_config", None) is not None
        self.states[name] = f"{kind} {type_text}{' with TTL' if expires else ''}"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the context offers
        if name in _KINDS:
            return lambda descriptor: self._obtained(_KINDS[name], descriptor)
        if name in self._instance:
            return lambda: self._instance[name]
        if name == "get_metrics_group":
            return _Anything
        raise StateNotClear(f"open() asks its context for `{name}`, which is known only in Flink")

    def _obtained(self, kind: str, descriptor: Any) -> "_NoState":  # noqa: ANN401
        self.note(kind, descriptor)
        return _NoState(descriptor.get_name())


class _NoState:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        raise StateNotClear(f"open() uses the state '{self._name}' (`{name}`): no key is set there")


class _Anything:
    """A metric or a group of metrics: takes every call."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return self

    def __call__(self, *given: Any, **named: Any) -> "_Anything":  # noqa: ANN401
        del given, named
        return self


_FIRST = {
    "get_task_name": "task",
    "get_number_of_parallel_subtasks": 1,
    "get_max_number_of_parallel_subtasks": 128,
    "get_index_of_this_subtask": 0,
    "get_attempt_number": 0,
    "get_task_name_with_subtasks": "task (1/1)#0",
}
_OTHER = {
    "get_task_name": "task",
    "get_number_of_parallel_subtasks": 7,
    "get_max_number_of_parallel_subtasks": 128,
    "get_index_of_this_subtask": 4,
    "get_attempt_number": 3,
    "get_task_name_with_subtasks": "task (5/7)#3",
}


def _listed(states: dict[str, str]) -> str:
    return ", ".join(sorted(states)) or "none"
