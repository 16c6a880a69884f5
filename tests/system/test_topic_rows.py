"""The table of topics on the real broker: the state is made, observed, planned and mended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from harness.broker_state import BrokerState
from harness.topic_rows import ROWS
from harness.topic_rows.row import DEFAULTS, TODAY, TopicRow
from headgate.clients.kafka_admin import KafkaAdmin, TopicCreation
from headgate.clients.observed import ExpiringRecords, ObservedTopic
from headgate.ids import EnvironmentName, JobName, TopicName, consumer_group
from headgate.observe.expiring import observe_expiring
from headgate.observe.topics import observe_topics, unknown_topics
from headgate.operations.contracts.apply_topics import apply_topics, refusals_by_brokers
from headgate.plan.change import Plan
from headgate.plan.contracts import DeclaredContracts, ObservedContracts, contract_plan
from headgate.plan.topics import shortened_retention
from headgate.spec.declared import DeclaredTopic, NamedEnvironment

pytestmark = pytest.mark.system

HELD = [row for row in ROWS if not row.only_pure]


@dataclass(frozen=True)
class Found:
    """What became of one row on the broker."""

    name: TopicName
    there: ObservedTopic | None
    expiring: ExpiringRecords | None
    plan: Plan
    """Only this topic's changes."""
    left: Plan
    """What a second plan has, after all that was not refused was done."""
    failed: str
    """What the brokers refused of the plan, or what failed of it."""
    is_unknown: bool


class Group:
    """Rows that can be on a broker at the same time: they need the same defaults of it."""

    def __init__(self, rows: Sequence[TopicRow], stack: NamedEnvironment) -> None:
        unique = uuid4().hex[:8]
        self.prefix = f"rows-{unique}-"
        self.owned = f"{self.prefix}ours-"
        self.rows: Mapping[TopicName, TopicRow] = {
            TopicName(f"{self.owned if row.is_owned else self.prefix}{number:02}"): row
            for number, row in enumerate(rows)
        }
        # Consumer groups have the environment in their names, so no other test has these.
        self.environment = NamedEnvironment(
            EnvironmentName(f"rows-{unique}"), stack.settings, stack.stack
        )
        self.declared: dict[TopicName, DeclaredTopic] = {}
        for name, row in self.rows.items():
            topic = row.topic(name)
            if topic is not None:
                self.declared[name] = topic
        self.admin = KafkaAdmin(stack.settings.kafka)
        self.broker = BrokerState(stack.settings.kafka)
        self.now = datetime.now(UTC)

    def make(self) -> None:
        """Exactly the observed state of every row."""
        seen = {name: row.seen for name, row in self.rows.items() if row.seen is not None}
        made = self.admin.create(
            [
                TopicCreation(name, one.partitions, one.replication, one.configs)
                for name, one in seen.items()
            ]
        )
        assert set(made.values()) <= {None}, made
        committed: dict[str, dict[str, int]] = {}
        for name, one in seen.items():
            self.broker.write(name, one.records, self.now)
            for job, offset in one.read.items():
                committed.setdefault(job, {})[name] = offset
        for job, offsets in committed.items():
            group = consumer_group(self.environment.name, JobName(job))
            self.broker.commit(group, offsets)

    def plan(self) -> tuple[Plan, ObservedContracts]:
        """The plan over all rows, from what the broker has now."""
        seen = observe_topics(self.admin, self.declared)
        readers = {
            name: tuple(use.job for use in row.uses if use.is_deployed and use.how == "reads")
            for name, row in self.rows.items()
        }
        observed = ObservedContracts(
            seen.topics,
            {},
            seen.cluster_id,
            unknown_topics(seen.all_names, self.declared, (self.owned,)),
            observe_expiring(
                self.environment,
                shortened_retention(self.declared, seen.topics),
                readers,
                self.now,
            ),
        )
        uses = {name: row.uses for name, row in self.rows.items()}
        declared = DeclaredContracts(self.declared, uses, TODAY)
        return contract_plan(declared, observed, "topics"), observed

    def found(self) -> Iterator[tuple[str, Found]]:
        """Plans, does all that is not refused, and plans again."""
        plan, observed = self.plan()
        failed: dict[str, str] = {
            name: reason for (_, name), reason in refusals_by_brokers(plan, self.admin).items()
        }
        allowed = [change for change in plan.pending if change.risk != "refused"]
        for result in apply_topics(allowed, self.admin, lambda _line: None):
            if result.outcome != "ok":
                failed[result.change.name] = result.message
        again, _ = self.plan()
        for name, row in self.rows.items():
            yield (
                row.says,
                Found(
                    name,
                    observed.topics.get(name),
                    observed.expiring.get(name),
                    _of(plan, name),
                    _of(again, name),
                    failed.get(name, ""),
                    name in observed.unknown_topics,
                ),
            )


def _of(plan: Plan, name: TopicName) -> Plan:
    return plan.only(lambda change: change.name == name)


@pytest.fixture(scope="module")
def found(stack: NamedEnvironment) -> Mapping[str, Found]:
    """Every row that one broker can hold, by what it says."""
    by_defaults: dict[tuple[tuple[str, str], ...], list[TopicRow]] = {}
    for row in HELD:
        by_defaults.setdefault(tuple(sorted(row.brokers.items())), []).append(row)
    outcomes: dict[str, Found] = {}
    for defaults, rows in by_defaults.items():
        group = Group(rows, stack)
        with group.broker.defaults(dict(defaults)):
            try:
                group.make()
                outcomes.update(group.found())
            finally:
                group.broker.delete_topics(group.prefix)
    return outcomes


@pytest.mark.parametrize("row", HELD, ids=lambda row: row.says)
def test_row_on_the_broker(row: TopicRow, found: Mapping[str, Found]) -> None:
    one = found[row.says]

    if row.seen is not None and row.declared is not None:
        seen = row.seen
        assert one.there == ObservedTopic(
            one.name, seen.partitions, seen.replication, seen.configs, row.in_force
        )
    assert one.expiring == row.expiring
    assert one.is_unknown == row.is_unknown
    assert len(one.plan.changes) == len(row.expected)
    for change, expected in zip(one.plan.changes, row.expected, strict=True):
        assert (change.kind, change.operation) == (expected.kind, expected.operation)
        assert (change.before, change.after) == (expected.before, expected.after)
        assert change.risk == expected.risk, change.reason
        assert [words for words in expected.says if words not in change.reason] == [], change.reason


@pytest.mark.parametrize("row", HELD, ids=lambda row: row.says)
def test_row_after_its_changes_only_the_refused_are_left(
    row: TopicRow, found: Mapping[str, Found]
) -> None:
    one = found[row.says]

    assert one.failed == ""
    assert one.left.pending == one.left.refused
    assert [change.key for change in one.left.pending] == [
        change.key for change in one.plan.refused
    ]


def test_defaults_of_the_table_are_those_of_the_broker(stack: NamedEnvironment) -> None:
    broker = BrokerState(stack.settings.kafka)
    name = TopicName(f"rows-{uuid4().hex[:8]}")
    admin = KafkaAdmin(stack.settings.kafka)
    try:
        admin.create([TopicCreation(name, 1, 1, {"retention.ms": "5"})])
        assert admin.topics([name])[name].inherited == DEFAULTS
    finally:
        broker.delete_topics(name)
