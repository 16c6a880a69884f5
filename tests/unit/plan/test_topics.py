"""(declared, observed) → changes of one topic."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from headgate.clients.observed import ObservedTopic
from headgate.ids import TopicName
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import ObservedContracts, contract_plan
from headgate.plan.topics import declared_configs, plan_topic, share_of_keys_that_move
from headgate.spec.declared import DeclaredTopic
from headgate.spec.topic import TopicSpec
from hypothesis import given
from hypothesis import strategies as st

NAME = TopicName("pump-readings")
WEEK = str(7 * 86_400_000)
DAY = str(86_400_000)
AS_DECLARED = {"cleanup.policy": "delete", "retention.ms": WEEK, "retention.bytes": "-1"}
WEEK_KEPT = {"time": "7d"}


def topic(**spec: Any) -> DeclaredTopic:
    full = {"description": "d", "owner": "o", "partitions": 4, "retention": WEEK_KEPT, **spec}
    schema = {"type": "record", "name": "R", "fields": []}
    return DeclaredTopic(NAME, Path("schemas"), TopicSpec.model_validate(full), schema, None)


def there(**changed: Any) -> ObservedTopic:
    values: dict[str, Any] = {"partitions": 4, "replication": 1, "configs": AS_DECLARED, **changed}
    return ObservedTopic(NAME, **values)


def with_configs(**configs: str | None) -> dict[str, str]:
    changed = {key.replace("_", "."): value for key, value in configs.items()}
    merged = {**AS_DECLARED, **changed}
    return {key: value for key, value in merged.items() if value is not None}


@dataclass(frozen=True)
class Row:
    says: str
    declared: DeclaredTopic
    observed: ObservedTopic | None
    kind: str
    risk: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    operation: str = "update"


KEYED = "go to another partition"
ROWS = [
    Row(
        "missing topic is created",
        topic(),
        None,
        "topic",
        "safe",
        {},
        {"partitions": 4, "replication": 1, "configs": AS_DECLARED},
        operation="create",
    ),
    Row("equal topic stays", topic(), there(), "topic", "safe", operation="none"),
    Row(
        "inherited values are no drift",
        topic(),
        there(inherited={"segment.ms": "1"}),
        "topic",
        "safe",
        operation="none",
    ),
    Row(
        "order of clean-up policies does not matter",
        topic(cleanup="compact,delete"),
        there(configs=with_configs(cleanup_policy="delete,compact")),
        "topic",
        "safe",
        operation="none",
    ),
    Row(
        "retention longer",
        topic(),
        there(configs=with_configs(retention_ms=DAY)),
        "configs",
        "safe",
        {"retention.ms": DAY},
        {"retention.ms": WEEK},
    ),
    Row(
        "retention shorter",
        topic(retention={"time": "1d"}),
        there(),
        "configs",
        "needs_approval",
        {"retention.ms": WEEK},
        {"retention.ms": DAY},
        "from 7d to 1d",
    ),
    Row(
        "retention from no limit to a limit",
        topic(),
        there(configs=with_configs(retention_ms="-1")),
        "configs",
        "needs_approval",
        {"retention.ms": "-1"},
        {"retention.ms": WEEK},
        "from no limit to 7d",
    ),
    Row(
        "retention to no limit",
        topic(retention={}),
        there(),
        "configs",
        "safe",
        {"retention.ms": WEEK},
        {"retention.ms": "-1"},
    ),
    Row(
        "retention of bytes smaller",
        topic(retention={**WEEK_KEPT, "size_per_partition": "1MiB"}),
        there(),
        "configs",
        "needs_approval",
        {"retention.bytes": "-1"},
        {"retention.bytes": "1048576"},
        "to 1,048,576 bytes",
    ),
    Row(
        "retention of bytes larger",
        topic(retention={**WEEK_KEPT, "size_per_partition": "1MiB"}),
        there(configs=with_configs(retention_bytes="5")),
        "configs",
        "safe",
        {"retention.bytes": "5"},
        {"retention.bytes": "1048576"},
    ),
    Row(
        "first retention of its own is shorter than the inherited one",
        topic(),
        there(configs=with_configs(retention_ms=None), inherited={"retention.ms": "-1"}),
        "configs",
        "needs_approval",
        {"retention.ms": None},
        {"retention.ms": WEEK},
        "from no limit to 7d",
    ),
    Row(
        "first retention of its own equals the inherited one",
        topic(),
        there(configs=with_configs(retention_ms=None), inherited={"retention.ms": WEEK}),
        "configs",
        "safe",
        {"retention.ms": None},
        {"retention.ms": WEEK},
    ),
    Row(
        "configuration added",
        topic(configs={"compression.type": "lz4"}),
        there(),
        "configs",
        "safe",
        {"compression.type": None},
        {"compression.type": "lz4"},
    ),
    Row(
        "configuration changed",
        topic(configs={"compression.type": "lz4"}),
        there(configs=with_configs(compression_type="zstd")),
        "configs",
        "safe",
        {"compression.type": "zstd"},
        {"compression.type": "lz4"},
    ),
    Row(
        "an equal configuration is not sent with a changed one",
        topic(configs={"min.insync.replicas": "1", "compression.type": "lz4"}),
        there(configs=with_configs(min_insync_replicas="1")),
        "configs",
        "safe",
        {"compression.type": None},
        {"compression.type": "lz4"},
    ),
    Row(
        "configuration nobody declared",
        topic(),
        there(configs=with_configs(segment_ms="60000")),
        "configs",
        "needs_approval",
        {"segment.ms": "60000"},
        {"segment.ms": None},
        "segment.ms is set on the topic but not declared",
    ),
    Row(
        "one dangerous configuration among safe ones needs the approval",
        topic(retention={"time": "1d"}, configs={"compression.type": "lz4"}),
        there(),
        "configs",
        "needs_approval",
        {"compression.type": None, "retention.ms": WEEK},
        {"compression.type": "lz4", "retention.ms": DAY},
        "records are deleted",
    ),
    Row(
        "clean-up from delete to compact",
        topic(cleanup="compact"),
        there(),
        "configs",
        "needs_approval",
        {"cleanup.policy": "delete"},
        {"cleanup.policy": "compact"},
        "from delete to compact",
    ),
    Row(
        "clean-up from compact to both",
        topic(cleanup="compact,delete"),
        there(configs=with_configs(cleanup_policy="compact")),
        "configs",
        "needs_approval",
        {"cleanup.policy": "compact"},
        {"cleanup.policy": "compact,delete"},
        "from compact to compact,delete",
    ),
    Row(
        "clean-up set that was inherited as the same",
        topic(),
        there(configs=with_configs(cleanup_policy=None), inherited={"cleanup.policy": "delete"}),
        "configs",
        "safe",
        {"cleanup.policy": None},
        {"cleanup.policy": "delete"},
    ),
    Row(
        "clean-up set that was inherited as another",
        topic(),
        there(configs=with_configs(cleanup_policy=None), inherited={"cleanup.policy": "compact"}),
        "configs",
        "needs_approval",
        {"cleanup.policy": None},
        {"cleanup.policy": "delete"},
        "from compact to delete",
    ),
    Row(
        "partitions up without order",
        topic(partitions=6, partitioning="none"),
        there(),
        "partitions",
        "safe",
        {"partitions": 4},
        {"partitions": 6},
    ),
    Row(
        "partitions doubled with order",
        topic(partitions=8),
        there(),
        "partitions",
        "refused",
        {"partitions": 4},
        {"partitions": 8},
        "50% of all keys would " + KEYED,
    ),
    Row(
        "partitions 4 to 6 with order",
        topic(partitions=6),
        there(),
        "partitions",
        "refused",
        {"partitions": 4},
        {"partitions": 6},
        "67% of all keys would " + KEYED,
    ),
    Row(
        "partitions down",
        topic(partitions=2),
        there(),
        "partitions",
        "refused",
        {"partitions": 4},
        {"partitions": 2},
        "declare 4, or declare a new topic with 2",
    ),
    Row(
        "partitions down without order",
        topic(partitions=2, partitioning="none"),
        there(),
        "partitions",
        "refused",
        {"partitions": 4},
        {"partitions": 2},
        "cannot take partitions away",
    ),
    Row(
        "replication up",
        topic(replication=3),
        there(),
        "replication",
        "refused",
        {"replication": 1},
        {"replication": 3},
        "not enforceable by this client",
    ),
    Row(
        "replication down",
        topic(replication=1),
        there(replication=3),
        "replication",
        "refused",
        {"replication": 3},
        {"replication": 1},
        "not enforceable by this client",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_plan_topic(row: Row) -> None:
    (change,) = plan_topic(row.declared, row.observed)

    assert (change.kind, change.operation, change.risk) == (row.kind, row.operation, row.risk)
    assert (change.before, change.after) == (row.before, row.after)
    assert row.reason in change.reason
    assert bool(change.reason) == (row.risk != "safe")


def test_plan_topic_several_differences_one_change_for_each_call() -> None:
    changes = plan_topic(
        topic(partitions=8, partitioning="none", replication=2),
        there(configs=with_configs(retention_ms=DAY)),
    )

    assert [(one.kind, one.risk) for one in changes] == [
        ("configs", "safe"),
        ("partitions", "safe"),
        ("replication", "refused"),
    ]


def test_contract_plan_topic_not_declared_is_left_alone() -> None:
    other = TopicName("somebody-elses")
    observed = ObservedContracts({other: ObservedTopic(other, 1, 1, {})}, {})

    assert contract_plan({}, observed) == Plan(())


def test_declared_configs_of_the_topic_itself_decide_over_free_ones() -> None:
    declared = topic(configs={"retention.ms": "1", "max.message.bytes": "9"})

    assert declared_configs(declared) == {**AS_DECLARED, "max.message.bytes": "9"}


@given(st.integers(1, 60), st.integers(1, 60))
def test_share_of_keys_that_move_is_what_counting_finds(before: int, after: int) -> None:
    hashes = range(before * after)
    moved = sum(h % before != h % after for h in hashes)

    assert share_of_keys_that_move(before, after) == pytest.approx(moved / len(hashes))


@given(
    st.integers(1, 64),
    st.sampled_from(["keyed", "none"]),
    st.dictionaries(st.sampled_from(["segment.ms", "compression.type"]), st.just("9")),
    st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)),
)
def test_plan_topic_after_creation_is_empty(
    partitions: int, partitioning: str, configs: dict[str, str], retention: timedelta
) -> None:
    whole = timedelta(milliseconds=retention // timedelta(milliseconds=1))
    declared = topic(
        partitions=partitions,
        partitioning=partitioning,
        configs=configs,
        retention={"time": whole},
    )
    (creation,) = plan_topic(declared, None)
    after = creation.after
    created = ObservedTopic(NAME, after["partitions"], after["replication"], after["configs"])

    assert Plan(plan_topic(declared, created)).exit_code == 0


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
