"""The admin client without a broker: how it fails, and how it cuts its work into requests."""

import time
from datetime import timedelta

import pytest
from confluent_kafka import KafkaError
from headgate.clients.kafka_admin import KafkaAdmin, TopicCreation, _batches
from headgate.clients.kafka_errors import translated
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

    batches = [[topic.partitions for topic in batch] for batch in _batches(topics)]

    assert batches == [[2_000, 2_000, 1_000], [1], [9_000], [4_999, 1]]
