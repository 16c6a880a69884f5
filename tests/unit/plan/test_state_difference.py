"""Old against new: every change of state is found, named and judged; no other change is."""

from pathlib import Path

import pytest
from headgate.plan.compiled_plan import manifest_of_plan
from headgate.plan.state_difference import SnapshotFormat, differences, fit
from headgate.plan.state_manifest import OperatorState, StateManifest
from hypothesis import given
from hypothesis import strategies as st

PLANS = Path(__file__).parent / "compiled"
LONG, PICKLED, STRING = "value Long", "value PickledByteArrayTypeInfo", "value String"
Found = set[tuple[str, str, str]]
WINDOW, SOURCE, SINK = "5_global-window-aggregate", "1_source", "7_sink"
TYPE = {("type_changed", WINDOW, "window-aggs")}
KEY = {("key_changed", WINDOW, "window-aggs")}


def manifest(name: str) -> StateManifest:
    return manifest_of_plan((PLANS / f"{name}.json").read_text())


def python(
    key: str | None = "Row(f0: String)",
    uid: str = "count",
    parallelism: int | None = 128,
    backend: str | None = None,
    **states: str,
) -> StateManifest:
    return StateManifest({uid: OperatorState(key, states)}, parallelism, backend)


def both(one: StateManifest, other: StateManifest) -> StateManifest:
    return StateManifest({**one.operators, **other.operators}, one.max_parallelism, one.backend)


def found(old: StateManifest, new: StateManifest, snapshot: SnapshotFormat = "canonical") -> Found:
    return {(one.kind, one.uid, one.state) for one in differences(old, new, snapshot=snapshot)}


SQL: list[tuple[str, str, Found]] = [
    ("base", "base", set()),
    ("base", "renamed-results", set()),
    ("base", "computed-results", set()),
    ("base", "filtered-results", set()),
    ("base", "filtered-input", set()),
    ("base", "other-aggregate", TYPE),
    ("base", "more-aggregates", TYPE),
    ("more-aggregates", "base", TYPE),
    ("base", "distinct", TYPE),
    ("base", "filtered-aggregate", TYPE),
    ("base", "other-type", TYPE),
    ("base", "longer-window", TYPE),
    ("base", "hopping", TYPE),
    ("base", "other-key", KEY),
    ("base", "other-key-type", KEY),
    (
        # One calculation less in front: the same window and sink under other numbers.
        "base",
        "more-keys",
        {
            ("removed", WINDOW, "window-aggs"),
            ("added", "4_global-window-aggregate", "window-aggs"),
            ("uid_renamed", SINK, "writer_raw_states"),
        },
    ),
    ("base", "other-source", {("type_changed", SOURCE, "SourceReaderState")}),
    ("base", "other-sink", {("type_changed", SINK, "writer_raw_states")}),
    ("pattern", "other-pattern", {("type_changed", "3_match", "match")}),
    (
        "join",
        "expiring-join",
        {("type_changed", "7_join", "leftState")},
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), SQL, ids=[f"{old}-{new}" for old, new, _ in SQL]
)
def test_sql__difference_of_two_compiled_plans(old: str, new: str, expected: Found) -> None:
    assert found(manifest(old), manifest(new)) == expected


def test_sql__window_of_another_kind_is_another_operator() -> None:
    kinds = {kind for kind, _, _ in found(manifest("base"), manifest("session"))}
    assert {"removed", "added"} <= kinds


PYTHON: list[tuple[str, StateManifest, StateManifest, Found]] = [
    ("same", python(n=LONG), python(n=LONG), set()),
    ("pickled-to-long", python(n=PICKLED), python(n=LONG), {("type_changed", "count", "n")}),
    ("long-to-pickled", python(n=LONG), python(n=PICKLED), {("type_changed", "count", "n")}),
    ("value-to-list", python(n=LONG), python(n="list Long"), {("type_changed", "count", "n")}),
    ("with-ttl", python(n=LONG), python(n=f"{LONG} with TTL"), {("type_changed", "count", "n")}),
    (
        "field-renamed",
        python(n="value RowTypeInfo(a: Long, b: Long)"),
        python(n="value RowTypeInfo(b: Long, a: Long)"),
        {("type_changed", "count", "n")},
    ),
    ("state-added", python(n=LONG), python(n=LONG, m=STRING), {("added", "count", "m")}),
    ("state-removed", python(n=LONG, m=STRING), python(n=LONG), {("removed", "count", "m")}),
    (
        "state-renamed",
        python(n=LONG),
        python(m=LONG),
        {("removed", "count", "n"), ("added", "count", "m")},
    ),
    ("uid-renamed", python(n=LONG), python(uid="sum", n=LONG), {("uid_renamed", "count", "n")}),
    (
        "uid-renamed-and-type-changed",
        python(n=LONG),
        python(uid="sum", n=STRING),
        {("removed", "count", "n"), ("added", "sum", "n")},
    ),
    (
        "two-uids-swapped",
        both(python(uid="a", n=LONG), python(uid="b", n=STRING)),
        both(python(uid="b", n=LONG), python(uid="a", n=STRING)),
        {("type_changed", "a", "n"), ("type_changed", "b", "n")},
    ),
    (
        "two-uids-renamed",
        both(python(uid="a", n=LONG), python(uid="b", n=LONG)),
        both(python(uid="c", n=LONG), python(uid="d", n=LONG)),
        {("uid_renamed", "a", "n"), ("uid_renamed", "b", "n")},
    ),
    (
        "key-type-changed",
        python(n=LONG),
        python("Row(f0: Long)", n=LONG),
        {("key_changed", "count", "n")},
    ),
    (
        "key-and-type-changed",
        python(n=LONG),
        python("Row(f0: Long)", n=STRING),
        {("key_changed", "count", "n"), ("type_changed", "count", "n")},
    ),
    ("no-longer-keyed", python(n=LONG), python(None, n=LONG), {("key_changed", "count", "n")}),
    (
        "operator-added",
        python(n=LONG),
        both(python(n=LONG), python(uid="sum", n=STRING)),
        {("added", "sum", "n")},
    ),
    (
        "operator-removed",
        both(python(n=LONG), python(uid="sum", n=STRING)),
        python(n=LONG),
        {("removed", "sum", "n")},
    ),
    (
        "max-parallelism",
        python(n=LONG),
        python(parallelism=256, n=LONG),
        {("max_parallelism_changed", "", "")},
    ),
    ("max-parallelism-unknown", python(parallelism=None, n=LONG), python(n=LONG), set()),
    ("backend", python(n=LONG), python(backend="hashmap", n=LONG), set()),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), [row[1:] for row in PYTHON], ids=[row[0] for row in PYTHON]
)
def test_python__difference_of_two_descriptions(
    old: StateManifest, new: StateManifest, expected: Found
) -> None:
    assert found(old, new) == expected


@pytest.mark.parametrize("snapshot", ["native", "checkpoint"])
def test_backend_matters_for_all_but_canonical_savepoints(snapshot: SnapshotFormat) -> None:
    old, new = python(n=LONG), python(backend="hashmap", n=LONG)
    assert found(old, new, snapshot) == {("backend_changed", "", "")}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (python(n=LONG), "none"),
        (python(n=LONG, m=LONG), "compatible"),
        (python(n=STRING, m=LONG), "incompatible"),
        (python(m=LONG), "incompatible"),
        (python(uid="sum", n=LONG), "incompatible"),
    ],
)
def test_only_added_state_is_compatible(new: StateManifest, expected: str) -> None:
    assert fit(differences(python(n=LONG), new)) == expected


def test_words_name_operator_state_and_both_types() -> None:
    (one,) = differences(python(n=PICKLED), python(n=LONG))
    words = one.in_words()
    for part in ("'n'", "'count'", PICKLED, LONG, "Flink does not notice"):
        assert part in words
    assert one.to_json()["compatible"] is False


names = st.sampled_from("abc")
types = st.sampled_from([LONG, STRING])
operators = st.builds(
    OperatorState,
    st.sampled_from(["k", "l"]),
    st.dictionaries(names, types, min_size=1),
)
manifests = st.builds(StateManifest, st.dictionaries(names, operators))


@given(manifests)
def test_manifest_does_not_differ_from_itself(one: StateManifest) -> None:
    assert differences(one, one) == ()


@given(manifests, manifests)
def test_nothing_kept_is_overlooked(old: StateManifest, new: StateManifest) -> None:
    """Every state of before is either there with equal key and type, or said to be no longer."""
    told = differences(old, new)
    lost = {uid for one in told if not one.is_compatible for uid in (one.uid,)}
    for uid, operator in old.operators.items():
        kept = new.operators.get(uid)
        is_whole = (
            kept is not None
            and kept.key == operator.key
            and operator.states.items() <= kept.states.items()
        )
        assert is_whole is (uid not in lost)
    assert (told == ()) is (old == new)
