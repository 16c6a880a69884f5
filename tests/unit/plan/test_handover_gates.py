"""Whether a gate splits a job's results, on plans as Flink 2.2.1 and 2.3.0 compiled them."""

import json
from pathlib import Path
from typing import Any

import pytest
from headgate.plan.handover_gates import (
    MISPLACED,
    NO_BOUND,
    gates_of,
    gates_of_python,
    ungated_sinks,
    ungated_sinks_of_python,
)

LINES = ("2.2", "2.3")
PLANS = Path(__file__).parent / "gated"
"""Compiled by `harness/gate_plans.py`; those of before there were gates are in `compiled`."""
OF_BEFORE = Path(__file__).parent / "compiled"
LATE = "its results do not wait for the watermark: stop and restore"


def plan(line: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((PLANS / line / f"{name}.json").read_text())
    return content


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("name", "gates"),
    [
        ("device-minutes", 1),
        ("class-trends", 1),
        ("device-sessions", 1),
        ("threshold-breaches", 1),
        ("tumble", 1),
        ("cast", 1),
        ("window-time", 1),
        ("top", 1),
        ("top-of-counts", 1),
        ("cascade", 1),
        ("match-declared", 1),
        ("list", 1),
        ("twice", 1),
        ("union", 2),
    ],
)
def test_results_behind_a_window_or_a_pattern_are_split(line: str, name: str, gates: int) -> None:
    found = plan(line, name)
    assert ungated_sinks(found) == {}
    assert ungated_sinks(json.dumps(found)) == {}
    assert gates_of(found) == gates


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    ("name", "ungated"),
    [
        ("tumble-ungated", {"counts": NO_BOUND}),
        ("no-aggregate", {"counts": NO_BOUND}),
        ("distinct-ends", {"ends": NO_BOUND}),
        ("passing", {"passed": NO_BOUND}),
        ("passing-declared", {"passed": NO_BOUND}),
        ("match", {"passed": NO_BOUND}),
        ("two", {"passed": NO_BOUND}),
        ("union-half", {"counts": NO_BOUND}),
        ("join", {"passed": NO_BOUND}),
    ],
)
def test_results_that_cannot_be_split_are_named_with_the_reason(
    line: str, name: str, ungated: dict[str, str]
) -> None:
    assert ungated_sinks(plan(line, name)) == ungated


@pytest.mark.parametrize("line", LINES)
def test_a_gate_before_records_is_none_before_results(line: str) -> None:
    """What the planner makes of a filter on grouping keys alone: it is moved to the records."""
    assert gates_of(plan(line, "pushed-down")) == 1
    assert ungated_sinks(plan(line, "pushed-down")) == {"ends": MISPLACED}


@pytest.mark.parametrize("line", LINES)
def test_the_gate_stands_directly_before_the_sink_and_behind_the_aggregation(line: str) -> None:
    found = plan(line, "device-minutes")
    kinds = [
        node["type"].rpartition("_")[0].removeprefix("stream-exec-") for node in found["nodes"]
    ]
    gate = next(i for i, n in enumerate(found["nodes"]) if "headgate_gate" in json.dumps(n))
    assert kinds[gate - 1 :] == ["global-window-aggregate", "calc", "sink"]
    assert sum("headgate_gate" in json.dumps(node) for node in found["nodes"]) == 1


@pytest.mark.parametrize("line", LINES)
def test_a_gate_that_others_must_pass_as_well_is_still_a_gate(line: str) -> None:
    found = plan(line, "tumble")
    gate = next(n for n in found["nodes"] if "headgate_gate" in json.dumps(n))
    other = {"kind": "CALL", "internalName": "$>$1", "operands": []}
    gate["condition"] = {
        "kind": "CALL",
        "internalName": "$AND$1",
        "operands": [other, gate["condition"]],
    }
    assert ungated_sinks(found) == {}
    gate["condition"]["internalName"] = "$OR$1"
    assert ungated_sinks(found) == {"counts": MISPLACED}


def test_windows_of_processing_time_do_not_wait_for_the_watermark() -> None:
    found = plan("2.2", "tumble")
    window = next(n for n in found["nodes"] if "global-window-aggregate" in n["type"])
    window["windowing"]["isRowtime"] = False
    assert ungated_sinks(found) == {"counts": LATE}


def test_a_sink_with_state_of_its_own_has_no_second_one() -> None:
    found = plan("2.2", "tumble")
    found["nodes"][-1]["state"] = [{"index": 0, "ttl": "0 ms", "name": "sinkMaterializeState"}]
    (reason,) = ungated_sinks(found).values()
    assert reason.startswith("its sink keeps state of its own")


@pytest.mark.parametrize("file", sorted(OF_BEFORE.glob("*.json")), ids=lambda file: file.stem)
def test_plans_of_before_there_were_gates_are_never_handed_over(file: Path) -> None:
    assert list(ungated_sinks(file.read_text()).values()) == [NO_BOUND]


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ({"operators": [], "ungated": []}, {}),
        ({"operators": [], "ungated": ["a", "b"]}, {"a": NO_BOUND, "b": NO_BOUND}),
        ({"operators": []}, {"its sinks": NO_BOUND}),
    ],
)
def test_python_jobs_say_themselves_what_they_write_without_a_gate(
    description: dict[str, Any], expected: dict[str, str]
) -> None:
    assert ungated_sinks_of_python(description) == expected
    assert gates_of_python({**description, "gates": 2}) == 2
    assert gates_of_python(description) == 0
