"""Clients of librdkafka without a broker: bad settings, and why a server turns one away."""

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from confluent_kafka import KafkaError, KafkaException
from harness.certificates import Authority
from harness.tls_front import Access, TlsFront
from headgate.clients.kafka_clients import admin_client, consumer, producer
from headgate.clients.kafka_errors import translated
from headgate.clients.kafka_topics import KafkaTopics
from headgate.errors import Indeterminate, Rejected, Unavailable

CANARY = "canary-4711"
NOWHERE = {"bootstrap.servers": "127.0.0.1:1"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"security.protocol": "env:CANARY"}, 'property "security.protocol"'),
        ({"sasl.pasword": "env:CANARY"}, 'No such configuration property: "sasl.pasword"'),
        ({"ssl.ca.location": "/nowhere.pem", "security.protocol": "SSL"}, "ssl.ca.location failed"),
    ],
)
def test_settings_that_cannot_be_used_are_told_without_their_secrets(
    settings: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", CANARY)
    own = {"group.id": "g"}
    for opened in (
        lambda: admin_client({**NOWHERE, **settings}),
        lambda: producer({**NOWHERE, **settings}, {}),
        lambda: consumer({**NOWHERE, **settings}, own),
    ):
        with pytest.raises(Rejected) as caught:
            opened()
        assert words in caught.value.what
        assert CANARY not in str(caught.value)
        # What caused it repeats the value.
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_broker_that_is_not_trusted_is_told_in_place_of_a_time_out(tmp_path: Path) -> None:
    server = Authority(tmp_path).issue("server")
    with closing(TlsFront("http://127.0.0.1:1", server, Access())) as front:
        address = urlsplit(front.address).netloc
        settings = {"bootstrap.servers": address, "security.protocol": "SSL"}
        for client in (admin_client(settings), producer(settings, {})):
            with pytest.raises(KafkaException) as caught:
                client.list_topics(timeout=1)
            assert caught.value.args[0].code() == KafkaError._SSL
        with pytest.raises(Rejected, match="do not trust each other") as refused:
            KafkaTopics(settings).topics()
        assert "ssl.ca.location" in refused.value.next_step


def test_broker_that_is_not_there_stays_a_time_out() -> None:
    with pytest.raises(KafkaException) as caught:
        admin_client(NOWHERE).list_topics(timeout=0.5)
    assert caught.value.args[0].code() == KafkaError._TRANSPORT


@pytest.mark.parametrize(
    ("code", "about", "kind", "words"),
    [
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "creation of topic t", Rejected, "ACL Create on"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "deletion of topic t", Rejected, "ACL Delete on"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "configuration of topic t", Rejected, "AlterConf"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "configuration of t", Rejected, "DescribeConfigs"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "consumer group g", Rejected, "on the group"),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, "anything else", Rejected, "lacks a right"),
        (KafkaError.TOPIC_ALREADY_EXISTS, "creation of topic t", Rejected, "ACL Describe on"),
        (KafkaError._AUTHENTICATION, "topics", Rejected, "the user or the password"),
        (KafkaError._SSL, "topics", Rejected, "do not trust each other"),
        (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, "consumer group g", Unavailable, "reached"),
    ],
)
def test_refusal_names_what_it_is_about_and_what_to_check(
    code: int, about: str, kind: type[Exception], words: str
) -> None:
    error = translated(KafkaError(code), server="Kafka at k:1", about=about, effect=False)
    assert type(error) is kind
    assert "Kafka at k:1" in error.what
    assert about in error.what
    assert words in error.what


def test_change_that_was_not_answered_is_indeterminate() -> None:
    error = translated(KafkaError(KafkaError._TIMED_OUT), server="k", about="x", effect=True)
    assert type(error) is Indeterminate
