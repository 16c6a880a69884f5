"""State manifests: what a compiled plan says of its state, written and read again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from headgate.plan.compiled_plan import manifest_of_plan
from headgate.plan.state_manifest import (
    OperatorState,
    StateManifest,
    manifest_of_description,
    recorded_manifest,
)
from hypothesis import given
from hypothesis import strategies as st

PLANS = Path(__file__).parent / "compiled"
"""Plans as Flink 2.2.1 compiled them."""
FILES = sorted(PLANS.glob("*.json"))
STRING, TIME = "STRING NOT NULL", "TIMESTAMP(3) NOT NULL"


def manifest(name: str) -> StateManifest:
    return manifest_of_plan((PLANS / f"{name}.json").read_text())


def without_ends(found: StateManifest) -> dict[str, OperatorState]:
    ends = ("source", "sink")
    return {uid: o for uid, o in found.operators.items() if not uid.endswith(ends)}


def test_tumbling_window_is_described_by_its_aggregates_and_its_key() -> None:
    ((uid, operator),) = without_ends(manifest("device-minutes")).items()
    assert uid == "5_global-window-aggregate"
    assert operator.key == f"device_id {STRING}, device_class {STRING}, quantity {STRING}"
    assert operator.states == {
        "window-aggs": "TumblingWindow(size=PT1M) of [COUNT() BIGINT NOT NULL, "
        "MIN(value DOUBLE NOT NULL) DOUBLE NOT NULL, MAX(value DOUBLE NOT NULL) DOUBLE NOT NULL, "
        "AVG(value DOUBLE NOT NULL) DOUBLE NOT NULL, "
        f"MIN(reading_time {TIME}) {TIME}, MAX(reading_time {TIME}) {TIME}]"
    }


@pytest.mark.parametrize(
    ("plan", "uid", "state", "start"),
    [
        ("class-trends", "5_global-window-aggregate", "window-aggs", "HoppingWindow(size=PT2M, sl"),
        ("device-sessions", "4_window-aggregate", "window-aggs", "SessionWindow(gap=PT30S, "),
        ("threshold-breaches", "4_match", "match", "rows of (device_id STRING NOT NULL, "),
        ("device-minutes", "1_source", "SourceReaderState", "splits of sensor_readings"),
        ("device-minutes", "7_sink", "writer_raw_states", "transactions of device_minutes"),
        ("join", "7_join", "leftState", "rows of (k STRING NOT NULL, v BIGINT NOT NULL; k "),
        ("join", "7_join", "rightState", "rows of (k STRING NOT NULL, v BIGINT NOT NULL; k "),
    ],
)
def test_state_is_found_in_the_plan_of_a_shipped_job(
    plan: str, uid: str, state: str, start: str
) -> None:
    assert manifest(plan).operators[uid].states[state].startswith(start)


def test_plan_without_keyed_state_has_source_and_sink_only() -> None:
    assert without_ends(manifest("passing")) == {}


def test_session_window_function_keeps_state_and_others_do_not() -> None:
    plan = json.loads((PLANS / "session.json").read_text())
    (window,) = [node for node in plan["nodes"] if "window-aggregate" in node["type"]]
    window["type"] = "stream-exec-window-table-function_1"
    assert f"{window['id']}_window-table-function" in manifest_of_plan(plan).operators
    window["windowing"]["window"] = {"type": "TumblingWindow", "size": "PT1M"}
    assert without_ends(manifest_of_plan(plan)) == {}


def test_node_of_an_unknown_kind_is_taken_to_keep_state() -> None:
    plan = json.loads((PLANS / "passing.json").read_text())
    (calc,) = [node for node in plan["nodes"] if "calc" in node["type"]]
    calc["type"] = "stream-exec-sieve_1"
    before = manifest_of_plan(plan).operators[f"{calc['id']}_sieve"]
    calc["holes"] = 3
    assert manifest_of_plan(plan).operators[f"{calc['id']}_sieve"] != before


def test_uid_follows_the_source_as_the_line_names_it() -> None:
    """Flink 2.3.0 names Kafka sources `<id>_kafka`, of a plan of 2.2.1 still `<id>_source`."""
    plan = json.loads((PLANS / "passing.json").read_text())
    (scan,) = [node for node in plan["nodes"] if "scan" in node["type"]]
    scan["type"] = "stream-exec-table-source-scan_2"
    assert f"{scan['id']}_kafka" in manifest_of_plan(plan).operators


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_same_plan_twice_gives_equal_manifests(file: Path) -> None:
    text = file.read_text()
    shuffled = json.dumps(_reversed(json.loads(text)), indent=7)
    assert manifest_of_plan(text) == manifest_of_plan(shuffled)


def _reversed(value: Any) -> Any:
    """The same JSON with the keys of every object in the other order."""
    if isinstance(value, Mapping):
        return {key: _reversed(value[key]) for key in reversed(list(value))}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("text", ["", "{}", '{"nodes": []}', "[]", "null", '{"nodes": [{}]}'])
def test_what_is_no_plan_is_no_empty_manifest(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        manifest_of_plan(text)


def test_description_of_a_python_job_is_taken_as_it_is() -> None:
    described = {
        "operators": [{"uid": "count", "key": "Row(f0: String)", "states": {"n": "value Long"}}]
    }
    found = manifest_of_description(described, max_parallelism=128, backend="hashmap")
    state = OperatorState("Row(f0: String)", {"n": "value Long"})
    assert found == StateManifest({"count": state}, 128, "hashmap")


names = st.text(min_size=1, max_size=8)
manifests = st.builds(
    StateManifest,
    st.dictionaries(
        names, st.builds(OperatorState, st.none() | names, st.dictionaries(names, names))
    ),
    st.none() | st.integers(1, 32768),
    st.none() | names,
)


@given(manifests)
def test_manifest_survives_being_written_and_read(found: StateManifest) -> None:
    written = json.loads(json.dumps(found.to_json()))
    assert StateManifest.from_json(written) == found
    assert recorded_manifest(written) == found


def test_no_manifest_is_none_and_one_of_another_version_an_error() -> None:
    assert recorded_manifest(None) is None
    with pytest.raises(ValueError, match="version 2"):
        StateManifest.from_json({**StateManifest({}).to_json(), "version": 2})
