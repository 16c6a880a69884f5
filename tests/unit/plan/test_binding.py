import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from headgate.errors import Rejected, SpecError
from headgate.ids import Digest, EnvironmentName, JobName, TopicName
from headgate.plan.binding import Binding, Gate, live_binding, plan_digest
from headgate.plan.open_transactions import Transactions
from headgate.spec.declared import DeclaredJob, DeclaredTopic, NamedEnvironment
from headgate.spec.environment import Environment
from headgate.spec.job import JobSpec
from headgate.spec.topic import TopicSpec

READINGS, MINUTES = TopicName("sensor-readings"), TopicName("device-minutes")
SQL = (
    "-- every minute\nINSERT INTO device_minutes SELECT device_id, 1.5, at FROM sensor_readings;\n"
)
REGISTERED = {READINGS: '{"registered": "readings"}', MINUTES: '{"registered": "minutes"}'}


def record(**fields: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "R",
        "fields": [{"name": name, "type": kind} for name, kind in fields.items()],
    }


TIME = {"type": "long", "logicalType": "timestamp-millis"}


def topic(name: TopicName, key_schema: dict[str, Any] | None = None, **spec: Any) -> DeclaredTopic:
    declared = {"description": "d", "owner": "o", "partitions": 4, "key": "device_id", **spec}
    schema = record(device_id="string", value=["null", "double"], at=TIME)
    folder = Path("schemas") / name
    return DeclaredTopic(name, folder, TopicSpec(**declared), schema, key_schema)


TOPICS = {READINGS: topic(READINGS), MINUTES: topic(MINUTES)}


def job(sql: str = SQL, source: dict[str, Any] | None = None, **spec: Any) -> DeclaredJob:
    declared: dict[str, Any] = {
        "description": "d",
        "owner": "o",
        "flink": "2.2",
        "sources": {READINGS: {"event_time": "at", **(source or {})}},
        "sinks": [MINUTES],
        **spec,
    }
    name = JobName("device-minutes")
    folder = Path("flink_jobs") / name
    return DeclaredJob(name, folder, JobSpec(**declared), "sql", sql, Digest("0" * 32))


def environment(**settings: Any) -> NamedEnvironment:
    declared = {
        "kafka": {"bootstrap.servers": "broker:9092"},
        "registry": {"url": "http://registry/ccompat"},
        "flink": {},
        "state": "/state",
        "artefacts": "/artefacts",
        "ledger": "sqlite://",
        **settings,
    }
    return NamedEnvironment(EnvironmentName("local"), Environment(**declared), None)


def bind(
    declared: DeclaredJob | None = None,
    topics: dict[TopicName, DeclaredTopic] | None = None,
    where: NamedEnvironment | None = None,
    **more: Any,
) -> Binding:
    return live_binding(
        declared or job(), topics or TOPICS, where or environment(), REGISTERED, **more
    )


def source(binding: Binding) -> dict[str, str]:
    return dict(binding.tables[0].options)


def sink(binding: Binding) -> dict[str, str]:
    return dict(binding.tables[1].options)


def test_a_source_reads_committed_records_of_the_registered_schema_in_its_own_group() -> None:
    options = source(bind())
    assert options["properties.isolation.level"] == "read_committed"
    assert options["properties.group.id"] == "headgate.local.device-minutes.live"
    assert options["avro-confluent.schema"] == REGISTERED[READINGS]
    assert options["scan.watermark.idle-timeout"] == "10000 ms"


@pytest.mark.parametrize(
    ("start", "options"),
    [
        ("earliest", {"scan.startup.mode": "earliest-offset"}),
        ("latest", {"scan.startup.mode": "latest-offset"}),
        (
            "2026-03-01T00:00:00Z",
            {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "1772323200000"},
        ),
    ],
)
def test_a_source_begins_where_it_was_told_to(start: str, options: dict[str, str]) -> None:
    bound = source(bind(job(source={"start": start})))
    assert {key: value for key, value in bound.items() if "startup" in key} == options


def test_an_exactly_once_sink_has_transactions_of_its_own() -> None:
    options = sink(bind())
    assert options["sink.delivery-guarantee"] == "exactly-once"
    assert (
        options["sink.transactional-id-prefix"]
        == "headgate.local.device-minutes.live.device-minutes."
    )
    assert options["properties.transaction.timeout.ms"] == "600000"
    assert options["value.avro-confluent.schema"] == REGISTERED[MINUTES]
    assert "sink.partitioner" not in options


def test_no_prefix_of_transactions_is_the_beginning_of_another() -> None:
    daily = TopicName("device-minutes-daily")
    registered = {**REGISTERED, daily: "{}"}
    binding = live_binding(
        job(sinks=[MINUTES, daily]), {**TOPICS, daily: topic(daily)}, environment(), registered
    )
    one, other = (table.options["sink.transactional-id-prefix"] for table in binding.tables[1:])
    assert not one.startswith(other)
    assert not other.startswith(one)


def test_an_at_least_once_sink_has_no_transactions() -> None:
    assert not [key for key in sink(bind(job(delivery="at-least-once"))) if "transaction" in key]


def test_the_key_is_text_and_stays_in_the_value() -> None:
    options = sink(bind())
    assert (options["key.format"], options["key.fields"]) == ("raw", "device_id")
    assert options["value.fields-include"] == "ALL"


def test_a_topic_with_a_key_schema_has_an_avro_key() -> None:
    topics = {**TOPICS, MINUTES: topic(MINUTES, record(device_id="string", at=TIME))}
    options = sink(bind(topics=topics, registered_keys={MINUTES: "key schema"}))
    assert (options["key.format"], options["key.fields"]) == ("avro-confluent", "device_id;at")
    assert options["key.avro-confluent.schema"] == "key schema"


def test_a_topic_without_key_is_written_without() -> None:
    options = sink(bind(topics={**TOPICS, MINUTES: topic(MINUTES, key=None)}))
    assert not [option for option in options if option.startswith("key.")]


@pytest.mark.parametrize("key", ["value", "at"])
def test_a_key_that_is_no_plain_text_is_an_error_of_the_topic(key: str) -> None:
    with pytest.raises(SpecError, match=r"schemas/device-minutes/topic\.yaml:1: key"):
        bind(topics={**TOPICS, MINUTES: topic(MINUTES, key=key)})


@pytest.mark.parametrize(
    "settings",
    [
        {"kafka": {"bootstrap.servers": "b:1", "security.protocol": "SASL_SSL"}},
        {"kafka": {"bootstrap.servers": "b:1", "sasl.password": "env:SECRET"}},
        {"registry": {"url": "http://r", "user": "u", "password": "env:SECRET"}},
        {"registry": {"url": "https://r", "ca": "/ca.pem"}},
    ],
)
def test_a_server_that_needs_secrets_is_refused_without_telling_them(
    settings: dict[str, Any],
) -> None:
    with pytest.raises(Rejected) as refused:
        bind(where=environment(**settings))
    assert "SECRET" not in str(refused.value)


def test_plaintext_may_be_said_aloud() -> None:
    kafka = {"bootstrap.servers": "b:1", "security.protocol": "plaintext"}
    assert source(bind(where=environment(kafka=kafka)))["properties.bootstrap.servers"] == "b:1"


def test_options_of_tables_go_to_the_driver_and_all_others_with_the_submission() -> None:
    declared = {"table.exec.state.ttl": "1 d", "pipeline.object-reuse": "false"}
    binding = bind(job(flink_configuration=declared, parallelism=2, checkpoint_interval="3s"))
    assert binding.configuration["table.exec.state.ttl"] == "1 d"
    assert binding.configuration["table.local-time-zone"] == "UTC"
    assert binding.submission["pipeline.object-reuse"] == "false"
    assert binding.submission["parallelism.default"] == "2"
    assert binding.submission["execution.checkpointing.interval"] == "3000 ms"


def test_patterns_are_matched_in_memory_unless_declared_otherwise() -> None:
    sql = "INSERT INTO device_minutes SELECT * FROM s\nMATCH_RECOGNIZE (...)"
    assert bind(job(sql)).submission["state.backend.type"] == "hashmap"
    own = {"state.backend.type": "rocksdb"}
    assert bind(job(sql, flink_configuration=own)).submission["state.backend.type"] == "rocksdb"
    remark = f"-- no MATCH_RECOGNIZE here\n{SQL}"
    assert "state.backend.type" not in bind(job(remark)).submission


def test_python_jobs_have_large_bundles_and_no_plan() -> None:
    binding = bind(replace(job(), kind="python", code="def build(job): ..."))
    assert binding.submission["python.fn-execution.bundle.size"] == "100000"
    assert (binding.sql, binding.plan, binding.module) == (None, None, "job.py")


def test_equal_bindings_have_equal_texts_with_every_key_that_the_runtime_reads() -> None:
    assert bind().to_json() == bind().to_json()
    content = json.loads(bind().to_json())
    assert set(content) == {
        "job", "role", "kind", "tables", "sql", "plan", "module", "configuration", "submission",
        "report", "gate", "side",
    }  # fmt: skip
    assert [table["name"] for table in content["tables"]] == ["sensor_readings", "device_minutes"]
    assert content["tables"][1]["columns"] == ["device_id", "value", "at"]


GATE = Path("/installed/handover-gate.jar")
WITH_GATE = environment(flink={"2.2": {"rest": "http://r", "python": "/p", "gate": GATE}})


def test_a_line_with_a_gate_puts_it_before_the_sinks_of_its_jobs() -> None:
    bound = bind(job(handover={"bound": {MINUTES: "at"}}), where=WITH_GATE)
    assert bound.gate == Gate(GATE, {"device_minutes": "at"})
    assert json.loads(bound.to_json())["gate"] == {
        "jar": "handover-gate.jar",
        "bounds": {"device_minutes": "at"},
    }
    assert bind(job(flink="2.3"), where=WITH_GATE).gate is None
    assert bind().gate is None


SAME_PLAN = {
    "another address": bind(where=environment(kafka={"bootstrap.servers": "other:1"})),
    "another registry": bind(where=environment(registry={"url": "http://other"})),
    "another start": bind(job(source={"start": "latest"})),
    "another delivery": bind(job(delivery="at-least-once")),
    "another parallelism": bind(job(parallelism=3)),
    "another comment": bind(job(SQL.replace("every minute", "each minute"))),
    "another layout": bind(job(SQL.replace(" SELECT", "\n  SELECT").rstrip().rstrip(";"))),
}
OTHER_PLAN = {
    "another query": bind(job(SQL.replace("1.5", "1.6"))),
    "space in a text": bind(job(SQL.replace("1.5", "'a  b'"))),
    "another watermark": bind(job(source={"watermark_delay": "6s"})),
    "another idleness": bind(job(source={"idle_after": "1m"})),
    "another event time": bind(job(source={"event_time": "value"})),
    "with a gate": bind(where=WITH_GATE),
    "another bound": bind(job(handover={"bound": {MINUTES: "at"}}), where=WITH_GATE),
    "another option of tables": bind(job(flink_configuration={"table.exec.state.ttl": "1 d"})),
    "another column": bind(
        topics={
            **TOPICS,
            READINGS: replace(TOPICS[READINGS], value_schema=record(device_id="string", at=TIME)),
        }
    ),
}


@pytest.mark.parametrize("change", SAME_PLAN)
def test_the_plan_stays_with(change: str) -> None:
    assert plan_digest(SAME_PLAN[change]) == plan_digest(bind())


@pytest.mark.parametrize("change", OTHER_PLAN)
def test_the_plan_changes_with(change: str) -> None:
    assert plan_digest(OTHER_PLAN[change]) != plan_digest(bind())


def test_spaces_within_texts_and_hints_are_part_of_the_plan() -> None:
    one, two = (bind(job(SQL.replace("1.5", text))) for text in ("'a b'", "'a  b'"))
    assert plan_digest(one) != plan_digest(two)
    hint = "sensor_readings /*+ OPTIONS('scan.parallelism'='2') */"
    hinted = bind(job(SQL.replace("sensor_readings", hint)))
    assert plan_digest(hinted) != plan_digest(bind())


def test_transactions_are_read_back_from_what_a_job_was_submitted_with() -> None:
    declared = job(transaction_timeout="20s", checkpoint_interval="1s")
    read = Transactions.of_binding(json.loads(bind(declared).to_json()))
    assert read == Transactions(timedelta(seconds=20), timedelta(seconds=1))
    at_least_once = json.loads(bind(job(delivery="at-least-once")).to_json())
    assert Transactions.of_binding(at_least_once) is None
