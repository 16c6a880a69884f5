"""The admin client without a broker: how it fails, and how it cuts its work into requests."""

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ConfigEntry
from headgate.clients.kafka_admin import KafkaAdmin, TopicCreation, _batches
from headgate.clients.kafka_errors import translated
from headgate.clients.kafka_topics import _defaults_of
from headgate.clock import SYSTEM_CLOCK
from headgate.errors import HeadgateError, Indeterminate, NeedsOperator, Rejected, Unavailable
from headgate.ids import TopicName

NOWHERE = {"bootstrap.servers": "127.0.0.1:1"}


def test_broker_down_is_unavailable_in_time_and_without_noise(
    capfd: pytest.CaptureFixture[str],
) -> None:
    admin = KafkaAdmin(NOWHERE, timeout=timedelta(seconds=1))
    begun = time.monotonic()

    with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1:1 cannot be reached"):
        admin.topics()
    with pytest.raises(Unavailable, match="cannot be reached"):
        admin.cluster()

    assert time.monotonic() - begun < 5
    assert capfd.readouterr() == ("", "")


def test_change_without_broker_is_indeterminate_for_each_item() -> None:
    admin = KafkaAdmin(NOWHERE, timeout=timedelta(seconds=0.5))
    name = TopicName("readings")

    results = admin.alter_configs({name: {"retention.ms": "1"}})

    assert isinstance(results[name], Indeterminate)


def test_secret_that_is_not_set_is_named_before_anything_starts() -> None:
    with pytest.raises(NeedsOperator, match="KAFKA_PASSWORD_NOT_SET"):
        KafkaAdmin({**NOWHERE, "sasl.password": "env:KAFKA_PASSWORD_NOT_SET"})


@pytest.mark.parametrize(
    ("code", "effect", "kind"),
    [
        (KafkaError._TRANSPORT, False, Unavailable),
        (KafkaError._ALL_BROKERS_DOWN, False, Unavailable),
        (KafkaError._TIMED_OUT, False, Unavailable),
        (KafkaError._TIMED_OUT, True, Indeterminate),
        (KafkaError.NOT_COORDINATOR, False, Unavailable),
        (KafkaError.REQUEST_TIMED_OUT, True, Indeterminate),
        (KafkaError.THROTTLING_QUOTA_EXCEEDED, True, Unavailable),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, True, Rejected),
        (KafkaError._AUTHENTICATION, False, Rejected),
        (KafkaError.INVALID_CONFIG, True, Rejected),
        (KafkaError.TOPIC_ALREADY_EXISTS, True, Rejected),
        (KafkaError.POLICY_VIOLATION, True, Rejected),
    ],
)
def test_error_by_consequence(code: int, effect: bool, kind: type[HeadgateError]) -> None:
    error = translated(KafkaError(code, "why"), server="Kafka at k", about="topic t", effect=effect)

    assert type(error) is kind
    assert "topic t" in str(error)


def test_creations_are_cut_by_partitions() -> None:
    sizes = [2_000, 2_000, 1_000, 1, 9_000, 4_999, 1]
    topics = [TopicCreation(TopicName(f"t{n}"), size, 1, {}) for n, size in enumerate(sizes)]

    batches = [
        [topic.partitions for topic in batch]
        for batch in _batches(topics, lambda topic: topic.partitions)
    ]

    assert batches == [[2_000, 2_000, 1_000], [1], [9_000], [4_999, 1]]


class Passing:
    """A clock on which only waiting takes time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.clock = replace(SYSTEM_CLOCK, monotonic=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, duration: timedelta) -> None:
        self.seconds += duration.total_seconds()


def ended(code: int | None = None) -> Future[None]:
    future: Future[None] = Future()
    if code is None:
        future.set_result(None)
    else:
        future.set_exception(KafkaException(KafkaError(code, "why")))
    return future


ITEMS = {TopicName(name): name for name in ("a", "b", "c")}


def test_only_items_that_were_put_off_are_sent_again() -> None:
    sent: list[list[str]] = []

    def send(names: Sequence[str]) -> dict[str, Future[None]]:
        sent.append(list(names))
        put_off = {1: ("a", "c"), 2: ("c",)}.get(len(sent), ())
        codes = {
            name: KafkaError.THROTTLING_QUOTA_EXCEEDED
            if name in put_off
            else {"b": KafkaError.POLICY_VIOLATION}.get(name)
            for name in names
        }
        return {name: ended(code) for name, code in codes.items()}

    results = KafkaAdmin(NOWHERE, clock=Passing().clock)._each(ITEMS, send, "creation of topic")

    assert sent == [["a", "b", "c"], ["a", "c"], ["c"]]
    assert (results["a"], results["c"]) == (None, None)
    assert isinstance(results["b"], Rejected)


def test_items_that_are_put_off_for_too_long_did_not_happen() -> None:
    passing = Passing()
    tries: list[float] = []

    def send(names: Sequence[str]) -> dict[str, Future[None]]:
        tries.append(passing.seconds)
        return {name: ended(KafkaError.THROTTLING_QUOTA_EXCEEDED) for name in names}

    admin = KafkaAdmin(NOWHERE, clock=passing.clock)
    results = admin._each(ITEMS, send, "creation of topic")

    assert {type(result) for result in results.values()} == {Unavailable}
    assert "run the same command again" in str(results["a"])
    assert 5 < len(tries) < 30
    assert tries[-1] == pytest.approx(admin.patience.total_seconds(), abs=6)


def test_future_that_hangs_ends_as_unknown_and_keeps_no_other_from_its_result() -> None:
    def send(_names: Sequence[str]) -> dict[str, Future[None]]:
        return {"a": Future(), "b": ended(), "c": Future()}

    admin = KafkaAdmin(NOWHERE, timeout=timedelta(milliseconds=50))
    results = admin._each(ITEMS, send, "creation of topic")

    assert results["b"] is None
    assert {type(results["a"]), type(results["c"])} == {Indeterminate}
    assert "did not answer (creation of topic a)" in str(results["a"])


@pytest.mark.parametrize(
    ("entries", "retention"),
    [
        ({"log.retention.hours": "168"}, "604800000"),
        ({"log.retention.ms": None, "log.retention.hours": "1"}, "3600000"),
        ({"log.retention.minutes": "2", "log.retention.hours": "1"}, "120000"),
        ({"log.retention.ms": "5", "log.retention.minutes": "2"}, "5"),
        ({"log.retention.ms": "-1", "log.retention.hours": "168"}, "-1"),
        ({"log.retention.hours": "-1"}, "-1"),
        ({}, None),
    ],
)
def test_default_retention_is_read_as_the_broker_reads_it(
    entries: dict[str, str | None], retention: str | None
) -> None:
    found = _defaults_of({key: ConfigEntry(key, value) for key, value in entries.items()})

    assert found.get("retention.ms") == retention
