"""(declared, observed) → changes of one topic."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.topic_rows import ROWS
from harness.topic_rows.row import DEFAULTS, TODAY, TopicRow
from headgate.clients.observed import ObservedTopic
from headgate.ids import JobName, TopicName
from headgate.observe.topics import unknown_topics
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import DeclaredContracts, ObservedContracts, contract_plan
from headgate.plan.topic_use import TopicUse
from headgate.plan.topics import (
    declared_configs,
    plan_topic,
    share_of_keys_that_move,
    shortened_retention,
)
from headgate.spec.declared import DeclaredTopic
from headgate.spec.topic import TopicSpec
from hypothesis import given
from hypothesis import strategies as st

NAME = TopicName("pump-readings")
WEEK = timedelta(days=7)


def observed(row: TopicRow) -> ObservedTopic | None:
    seen = row.seen
    if seen is None:
        return None
    return ObservedTopic(NAME, seen.partitions, seen.replication, seen.configs, row.in_force)


def declared(row: TopicRow) -> dict[TopicName, DeclaredTopic]:
    topic = row.topic(NAME)
    return {} if topic is None else {NAME: topic}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_plan_topic(row: TopicRow) -> None:
    topics = declared(row)
    there = observed(row)
    found = {} if there is None else {NAME: there}

    plan = contract_plan(
        DeclaredContracts(topics, {NAME: row.uses}, TODAY),
        ObservedContracts(
            found, {}, expiring={NAME: row.expiring} if row.expiring is not None else {}
        ),
        only="topics",
    )

    assert len(plan.changes) == len(row.expected)
    for change, expected in zip(plan.changes, row.expected, strict=True):
        assert change.name == NAME
        assert (change.kind, change.operation) == (expected.kind, expected.operation)
        assert (change.before, change.after) == (expected.before, expected.after)
        assert change.risk == expected.risk, change.reason
        assert [words for words in expected.says if words not in change.reason] == [], change.reason
        assert bool(change.reason) == bool(expected.says)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_asked_about_is_each_topic_that_is_to_keep_less(row: TopicRow) -> None:
    there = observed(row)

    asked = shortened_retention(declared(row), {} if there is None else {NAME: there})

    assert (NAME in asked) == (row.expiring is not None)


def test_table_has_cases_of_each_kind() -> None:
    assert len(ROWS) >= 60
    assert len({row.says for row in ROWS}) == len(ROWS)
    assert sum(bool(row.only_pure) for row in ROWS) <= 2
    kinds = {(one.kind, one.operation, one.risk) for row in ROWS for one in row.expected}
    assert {
        ("topic", "create", "safe"),
        ("topic", "create", "needs_approval"),
        ("topic", "delete", "needs_approval"),
        ("topic", "delete", "refused"),
        ("configs", "update", "safe"),
        ("configs", "update", "needs_approval"),
        ("partitions", "update", "safe"),
        ("partitions", "update", "needs_approval"),
        ("partitions", "update", "refused"),
        ("replication", "update", "refused"),
    } <= kinds


@pytest.mark.parametrize("row", [row for row in ROWS if row.declared is None], ids=lambda r: r.says)
def test_topic_that_nobody_declared_is_reported_under_a_prefix_of_ours(row: TopicRow) -> None:
    prefixes = ("pump-",) if row.is_owned else ("valve-",)

    assert bool(unknown_topics([NAME], declared(row), prefixes)) == row.is_unknown


def test_unknown_topics_are_sorted_and_never_internal_ones() -> None:
    names = [TopicName(name) for name in ("b-2", "__b", "a", "b-1", "c")]

    assert unknown_topics(names, {TopicName("a")}, ("a", "b", "__")) == ("b-1", "b-2")
    assert unknown_topics(names, set(), ()) == ()


@pytest.mark.parametrize(
    ("today", "risk"), [(date(2026, 3, 10), "needs_approval"), (date(2026, 3, 11), "refused")]
)
def test_leave_to_add_partitions_ends_with_its_last_day(today: date, risk: str) -> None:
    leave = {"reason": "r", "until": date(2026, 3, 10)}
    topic = _topic(partitions=8, allow_repartition=leave)

    (change,) = plan_topic(topic, _there(partitions=4), today=today)

    assert change.risk == risk


def test_retention_without_an_answer_about_records_says_so_and_needs_approval() -> None:
    topic = _topic(retention={"time": "1d"})

    (change,) = plan_topic(topic, _there(), today=TODAY)

    assert (change.risk, "records that are older would be deleted" in change.reason) == (
        "needs_approval",
        True,
    )


def test_asked_times_are_those_that_will_be_in_force() -> None:
    shorter = _topic(retention={"time": "1d"})
    smaller = _topic(retention={"time": "7d", "size_per_partition": "1MiB"})
    compacted = _topic(cleanup="compact")
    inherits = _topic(retention={"time": "inherited"})
    marked = _topic(deletion={"reason": "r"})
    forever = _there(configs={**DEFAULTS, "retention.ms": "-1"})

    def asked(topic: DeclaredTopic, there: ObservedTopic) -> timedelta:
        return shortened_retention({NAME: topic}, {NAME: there})[NAME]

    assert asked(shorter, _there()) == timedelta(days=1)
    assert asked(smaller, _there()) == WEEK
    assert asked(compacted, _there()) == timedelta.max
    assert asked(inherits, forever) == WEEK
    assert asked(marked, _there()) == timedelta(0)


def test_declared_configs_of_the_topic_itself_decide_over_free_ones() -> None:
    topic = _topic(configs={"retention.ms": "1", "max.message.bytes": "9"})
    inherits = _topic(configs={"retention.ms": "1"}, retention={"time": "inherited"})

    assert declared_configs(topic) == {**DEFAULTS, "max.message.bytes": "9"}
    assert "retention.ms" not in declared_configs(inherits)


@given(st.integers(1, 60), st.integers(1, 60))
def test_share_of_keys_that_move_is_what_counting_finds(before: int, after: int) -> None:
    hashes = range(before * after)
    moved = sum(h % before != h % after for h in hashes)

    assert share_of_keys_that_move(before, after) == pytest.approx(moved / len(hashes))


WHOLE = st.integers(1, 400 * 86_400_000).map(lambda count: timedelta(milliseconds=count))
SPECS = st.fixed_dictionaries(
    {
        "partitions": st.integers(1, 12),
        "replication": st.integers(1, 3),
        "partitioning": st.sampled_from(["keyed", "none"]),
        "cleanup": st.sampled_from(["delete", "compact", "compact,delete", "inherited"]),
        "retention": st.fixed_dictionaries(
            {
                "time": st.one_of(st.sampled_from(["forever", "inherited"]), WHOLE),
                "size_per_partition": st.one_of(
                    st.sampled_from(["inherited", None]), st.integers(1, 2**40)
                ),
            }
        ),
        "configs": st.dictionaries(
            st.sampled_from(["segment.ms", "compression.type"]), st.sampled_from(["8", "9"])
        ),
        "allow_repartition": st.sampled_from([None, {"reason": "r", "until": TODAY}]),
        "deletion": st.sampled_from([None, None, None, {"reason": "r"}]),
    }
)
OWN = st.fixed_dictionaries(
    {},
    optional={
        "retention.ms": st.integers(-1, 2**63 - 1).map(str),
        "retention.bytes": st.integers(-1, 2**63 - 1).map(str),
        "cleanup.policy": st.sampled_from(["", "delete", "compact", "delete,compact"]),
        "segment.ms": st.sampled_from(["8", "9"]),
        "compression.type": st.sampled_from(["8", "9"]),
        "max.message.bytes": st.just("7"),
    },
)
THERE = st.one_of(
    st.none(),
    st.builds(
        ObservedTopic, st.just(NAME), st.integers(1, 12), st.integers(1, 3), OWN, st.just(DEFAULTS)
    ),
)
USES = st.lists(
    st.builds(
        TopicUse,
        st.sampled_from([JobName("a"), JobName("b")]),
        st.sampled_from(["reads", "writes"]),
        st.booleans(),
        st.booleans(),
        st.one_of(st.none(), WHOLE),
    ).filter(lambda use: use.is_declared or use.is_deployed),
    max_size=2,
).map(tuple)


@given(SPECS, THERE, USES)
def test_after_the_changes_of_a_plan_the_next_one_has_only_what_was_refused(
    spec: dict[str, Any], there: ObservedTopic | None, uses: tuple[TopicUse, ...]
) -> None:
    topic = _topic(**spec)
    plan = Plan(plan_topic(topic, there, uses=uses, today=TODAY))

    then = there
    for change in plan.pending:
        if change.risk != "refused":
            then = _made(then, change)
    again = Plan(plan_topic(topic, then, uses=uses, today=TODAY))

    assert again.refused == again.pending
    assert {change.key for change in again.pending} == {change.key for change in plan.refused}
    if topic.spec.deletion is not None:
        assert [change.operation for change in plan.changes] in (["delete"], ["none"])
        assert then is None or then == there


@given(SPECS, THERE, USES)
def test_nothing_that_deletes_records_now_is_safe(
    spec: dict[str, Any], there: ObservedTopic | None, uses: tuple[TopicUse, ...]
) -> None:
    topic = _topic(**spec)
    asked = shortened_retention({NAME: topic}, {} if there is None else {NAME: there})

    plan = Plan(plan_topic(topic, there, uses=uses, today=TODAY))

    if asked:
        assert plan.refused or plan.needs_approval


def _made(there: ObservedTopic | None, change: Change) -> ObservedTopic | None:
    """What a broker has after the change."""
    match change.kind, change.operation:
        case "topic", "create":
            after = change.after
            return ObservedTopic(
                NAME, after["partitions"], after["replication"], after["configs"], DEFAULTS
            )
        case "topic", "delete":
            return None
    assert there is not None
    if change.kind == "partitions":
        return replace(there, partitions=change.after["partitions"])
    assert change.kind == "configs"
    merged = {**there.configs, **change.after}
    return replace(there, configs={key: value for key, value in merged.items() if value})


def _topic(**spec: Any) -> DeclaredTopic:
    full = {"description": "d", "owner": "o", "partitions": 4, "retention": {"time": "7d"}, **spec}
    schema = {"type": "record", "name": "R", "fields": []}
    return DeclaredTopic(NAME, Path("schemas"), TopicSpec.model_validate(full), schema, None)


def _there(**changed: Any) -> ObservedTopic:
    values = {"partitions": 4, "replication": 1, "configs": DEFAULTS, "inherited": DEFAULTS}
    return ObservedTopic(NAME, **{**values, **changed})


def test_plan_exit_code_and_counts() -> None:
    safe = Change("topic", "a", "create", {}, {})
    none = Change("topic", "b", "none", {}, {})
    asks = Change("configs", "c", "update", {}, {}, "needs_approval", "why")

    assert Plan((none,)).exit_code == 0
    assert Plan((safe, none, asks)).exit_code == 3
    assert Plan((safe, none, asks)).counts() == {
        "safe": 1,
        "needs_approval": 1,
        "refused": 0,
        "unchanged": 1,
    }
    refused = Plan((safe, none)).with_refusals({("topic", "a"): "policy of the broker"})
    assert (refused.exit_code, refused.refused[0].reason) == (1, "policy of the broker")
