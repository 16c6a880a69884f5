"""Bounds of results, found in plans as Flink 2.2.1 and 2.3.0 compiled them without a gate."""

import json
from pathlib import Path
from typing import Any

import pytest
from headgate_runtime.gated_insert import GATE_FUNCTION
from headgate_runtime.plan_ids import renumbered
from headgate_runtime.result_bounds import bounds_of_results, gated_tables

PLANS = Path(__file__).parents[1] / "plan"
MINUTES = (
    "device_id,device_class,quantity,window_start,window_end,readings,min_value,max_value,"
    "avg_value,first_reading,last_reading"
)
TRENDS = "device_class,quantity,window_start,window_end,readings,devices,min_value,max_value,avg"
SESSIONS = "device_id,session_start,session_end,readings,missing_readings,last_reading"
BREACHES = "device_id,quantity,normal_time,breach_start,breach_confirmed,limit_value,peak_value"


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text())
    return content


@pytest.mark.parametrize(
    ("plan", "sink", "columns", "bound"),
    [
        ("compiled/device-minutes", "device_minutes", MINUTES, "window_end"),
        ("compiled/class-trends", "class_trends", TRENDS, "window_end"),
        ("compiled/device-sessions", "device_sessions", SESSIONS, "session_end"),
        ("compiled/threshold-breaches", "threshold_breaches", BREACHES, None),
        ("gated/2.2/tumble-ungated", "counts", "k,window_end,n", "window_end"),
        ("gated/2.3/tumble-ungated", "counts", "k,window_end,n", "window_end"),
        ("gated/2.2/renamed", "renamed", "k,closed,n", "closed"),
        ("gated/2.2/cast", "renamed", "k,closed,n", "closed"),
        ("gated/2.2/window-time", "renamed", "k,closed,n", "closed"),
        ("gated/2.2/top", "counts", "k,window_end,n", "window_end"),
        ("gated/2.3/top-of-counts", "counts", "k,window_end,n", "window_end"),
        ("gated/2.3/cascade", "counts", "k,window_end,n", "window_end"),
        ("gated/2.3/union", "counts", "k,window_end,n", "window_end"),
        ("gated/2.2/union-half", "counts", "k,window_end,n", None),
        ("gated/2.2/no-aggregate", "counts", "k,window_end,n", None),
        ("gated/2.2/passing", "passed", "k,seen,v", None),
        ("gated/2.2/match", "passed", "k,seen,v", None),
        ("gated/2.2/join", "passed", "k,seen,v", None),
    ],
)
def test_the_end_of_a_window_is_followed_to_its_name_in_the_sink(
    plan: str, sink: str, columns: str, bound: str | None
) -> None:
    found = bounds_of_results(read(plan), {sink: columns.split(",")}, {})
    assert found.get(sink) == bound


@pytest.mark.parametrize(
    ("plan", "sink", "columns", "declared", "bound"),
    [
        ("compiled/threshold-breaches", "threshold_breaches", BREACHES, "breach_confirmed", True),
        ("compiled/threshold-breaches", "threshold_breaches", BREACHES, "confirmed", False),
        ("gated/2.2/match", "passed", "k,seen,v", "seen", True),
        ("gated/2.2/passing", "passed", "k,seen,v", "seen", False),
        ("gated/2.2/join", "passed", "k,seen,v", "seen", False),
        ("gated/2.2/no-aggregate", "counts", "k,window_end,n", "window_end", False),
    ],
)
def test_a_declared_bound_is_believed_where_results_wait_for_the_watermark(
    plan: str, sink: str, columns: str, declared: str, bound: bool
) -> None:
    found = bounds_of_results(read(plan), {sink: columns.split(",")}, {sink: declared})
    assert found == ({sink: declared} if bound else {})


def test_windows_of_processing_time_have_no_bound() -> None:
    plan = read("compiled/device-minutes")
    for node in plan["nodes"]:
        if "windowing" in node:
            node["windowing"]["isRowtime"] = False
    assert bounds_of_results(plan, {"device_minutes": MINUTES.split(",")}, {}) == {}


def test_results_that_are_changed_afterwards_have_no_bound() -> None:
    plan = read("compiled/device-minutes")
    plan["nodes"][-1]["inputChangelogMode"] = ["INSERT", "UPDATE_AFTER"]
    assert bounds_of_results(plan, {"device_minutes": MINUTES.split(",")}, {}) == {}


@pytest.mark.parametrize(
    ("plan", "tables"),
    [
        ("gated/2.2/tumble", {"counts"}),
        ("gated/2.3/union", {"counts"}),
        ("gated/2.3/twice", {"counts", "renamed"}),
        ("gated/2.2/two", {"counts"}),
        ("gated/2.2/pushed-down", set()),
        ("gated/2.3/pushed-down", set()),
        ("gated/2.2/tumble-ungated", set()),
    ],
)
def test_a_gate_counts_only_where_it_judges_results(plan: str, tables: set[str]) -> None:
    assert gated_tables(read(plan)) == tables


def test_plans_are_numbered_as_if_nothing_had_been_compiled_before() -> None:
    plan = read("gated/2.2/tumble")
    later = read("gated/2.2/tumble")
    for node in later["nodes"]:
        node["id"] += 8
    for edge in later["edges"]:
        edge["source"], edge["target"] = edge["source"] + 8, edge["target"] + 8
    assert json.loads(renumbered(json.dumps(later))) == plan
    assert json.loads(renumbered(json.dumps(plan))) == plan


def test_both_sides_call_the_gate_by_one_name() -> None:
    from headgate.plan import handover_gates

    assert handover_gates.GATE_FUNCTION == GATE_FUNCTION
