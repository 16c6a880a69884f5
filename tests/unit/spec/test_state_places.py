"""State is obtained where it is seen before a deployment, or the code is refused."""

from pathlib import Path
from textwrap import dedent

import pytest
from headgate.spec.python_lint.lint import lint_python


def problems(source: str) -> list[tuple[int, str]]:
    findings = lint_python(Path("job.py"), dedent(source), are_timers_safe=True)
    return [(finding.line, finding.message) for finding in findings]


def test_state_obtained_in_open_is_allowed() -> None:
    source = """
    class Count(KeyedProcessFunction):
        def open(self, runtime_context):
            for name in NAMES:
                self.states[name] = runtime_context.get_state(DESCRIPTORS[name])
            self.listed = runtime_context.get_list_state(state_descriptor=LISTED)
    """
    assert problems(source) == []


@pytest.mark.parametrize(
    "method",
    [
        "get_state",
        "get_list_state",
        "get_map_state",
        "get_reducing_state",
        "get_aggregating_state",
    ],
)
@pytest.mark.parametrize("place", ["process_element", "on_timer", "_later"])
def test_state_obtained_elsewhere_is_refused(method: str, place: str) -> None:
    source = f"""
    class Count(KeyedProcessFunction):
        def {place}(self, *given):
            state = self.context.{method}(DESCRIPTOR)
    """
    ((line, text),) = problems(source)
    assert line == 4
    assert f"{method}(...) outside of `open`" in text


def test_state_obtained_in_a_lambda_or_function_within_open_is_refused() -> None:
    source = """
    class Count(KeyedProcessFunction):
        def open(self, context):
            self.later = lambda: context.get_state(DESCRIPTOR)
            def even_later():
                return context.get_state(DESCRIPTOR)
            self.even_later = even_later
    """
    assert [line for line, _ in problems(source)] == [4, 6]


@pytest.mark.parametrize(
    "expression",
    [
        "stream.broadcast(DESCRIPTOR)",
        "ctx.get_broadcast_state(DESCRIPTOR)",
        "ctx.get_partitioned_state(DESCRIPTOR)",
        "context.window_state().get_state(DESCRIPTOR)",
        "context.global_state()",
    ],
)
def test_state_that_is_not_keyed_state_of_a_function_is_refused(expression: str) -> None:
    found = problems(f"def open(self, ctx):\n    x = {expression}\n")
    assert [line for line, _ in found] == [2]
    assert "is not recorded" in found[0][1]


@pytest.mark.parametrize(
    "expression",
    [
        "machine.get_state()",
        "stream.broadcast()",
        "cache.get_state('a', 1)",
        "get_state(DESCRIPTOR)",
    ],
)
def test_ordinary_methods_of_these_names_are_left_alone(expression: str) -> None:
    assert problems(f"x = {expression}\n") == []


def test_excepted_line_is_left_alone() -> None:
    line = "x = self.context.get_state(DESCRIPTOR)  # headgate: allow state-place - a test\n"
    assert problems(line) == []
