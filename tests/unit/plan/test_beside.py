"""The plan and the binding of a job that begins beside another run of itself."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from headgate.ids import EnvironmentName, JobName
from headgate.plan.beside import beside, beside_binding, sinks_left_out
from headgate.plan.binding import Binding
from headgate.plan.compiled_plan import manifest_of_plan
from headgate.plan.state_manifest import OperatorState, StateManifest
from headgate.plan.tables import Table
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
FILES = sorted([*(HERE / "compiled").glob("*.json"), *(HERE / "gated").glob("*/*.json")])
LOCAL = EnvironmentName("local")
OWN = "headgate.local.beats.live"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_only_the_sinks_have_other_ids(file: Path) -> None:
    given_plan = file.read_text()
    made = beside(given_plan)
    old, new = json.loads(given_plan), json.loads(made.plan)
    for before, after in zip(old["nodes"], new["nodes"], strict=True):
        is_sink = "stream-exec-sink_" in before["type"]
        assert (before["id"] == after["id"]) is not is_sink
        assert {**before, "id": 0} == {**after, "id": 0}
    assert [edge["source"] for edge in old["edges"]] == [edge["source"] for edge in new["edges"]]
    for before, after in zip(old["edges"], new["edges"], strict=True):
        assert {**before, "target": 0} == {**after, "target": 0}
    ids = [node["id"] for node in new["nodes"]]
    assert len(set(ids)) == len(ids)
    assert {end for edge in new["edges"] for end in (edge["source"], edge["target"])} == set(ids)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_exactly_the_state_of_the_sinks_is_left_out(file: Path) -> None:
    plan = file.read_text()
    made = beside(plan)
    left = sinks_left_out(manifest_of_plan(plan), manifest_of_plan(made.plan))
    assert left == made.dropped
    assert left == {uid for uid in manifest_of_plan(plan).operators if uid.endswith("_sink")}


@given(st.sampled_from(FILES), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_one_after_the_other_no_two_share_a_sink(file: Path, times: int) -> None:
    plan, seen = file.read_text(), set[str]()
    for _ in range(times):
        made = beside(plan)
        assert not made.dropped & seen
        seen |= made.dropped
        plan = made.plan
    rest = {uid for uid in manifest_of_plan(plan).operators if not uid.endswith("_sink")}
    assert rest == {
        uid for uid in manifest_of_plan(file.read_text()).operators if not uid.endswith("_sink")
    }


def test_a_sink_with_state_of_its_own_is_refused() -> None:
    plan: dict[str, Any] = json.loads(FILES[0].read_text())
    plan["nodes"][-1]["state"] = [{"index": 0, "ttl": "0 ms", "name": "sinkMaterializeState"}]
    with pytest.raises(ValueError, match="keeps state of its own"):
        beside(json.dumps(plan))


def manifest(**operators: str) -> StateManifest:
    return StateManifest(
        {uid: OperatorState(None, {state: "any"}) for uid, state in operators.items()}, None, None
    )


OLD = manifest(source="SourceReaderState", window="window-aggs", sink="writer_raw_states")


def test_a_job_whose_state_would_be_given_up_is_no_job_beside() -> None:
    new = manifest(source="SourceReaderState", other="window-aggs", new="writer_raw_states")
    with pytest.raises(ValueError, match="state of window would be given up"):
        sinks_left_out(OLD, new)


def test_a_job_with_the_same_sink_is_no_job_beside() -> None:
    with pytest.raises(ValueError, match="sink would be restored by both jobs"):
        sinks_left_out(OLD, OLD)


def binding(prefix: str = f"{OWN}.totals.") -> Binding:
    sink = {"connector": "kafka", "sink.transactional-id-prefix": prefix}
    return Binding(
        job=JobName("beats"),
        role="live",
        kind="sql",
        tables=(
            Table("beats", (), None, {"connector": "kafka", "properties.group.id": "g"}),
            Table("totals", (), None, sink),
        ),
        sql="INSERT INTO totals SELECT * FROM beats",
        plan="plan.json",
        module=None,
        configuration={},
        submission={},
    )


def prefix_of(found: Binding) -> str:
    return found.tables[1].options["sink.transactional-id-prefix"]


def test_the_transactions_have_a_prefix_that_is_no_others_beginning() -> None:
    first = beside_binding(binding(), LOCAL, "7")
    second = beside_binding(first, LOCAL, "71")
    prefixes = [prefix_of(binding()), prefix_of(first), prefix_of(second)]
    assert prefixes == [f"{OWN}.totals.", f"{OWN}-7.totals.", f"{OWN}-71.totals."]
    for one in prefixes:
        assert [other for other in prefixes if other.startswith(one)] == [one]


def test_everything_else_of_the_binding_stays() -> None:
    made = beside_binding(binding(), LOCAL, "7")
    assert made.side == "7"
    assert replace(made, side=None, tables=binding().tables) == binding()
    assert made.tables[0] == binding().tables[0]


@pytest.mark.parametrize("side", ["", "a.b", "a-b", "A", " "])
def test_a_mark_that_could_make_one_prefix_of_two_is_refused(side: str) -> None:
    with pytest.raises(ValueError, match="no mark of a side"):
        beside_binding(binding(), LOCAL, side)


@pytest.mark.parametrize(
    "prefix", ["headgate.local.other.live.totals.", "headgate.local.beats.liver.totals.", OWN]
)
def test_a_prefix_of_somebody_else_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        beside_binding(binding(prefix), LOCAL, "7")
