"""What producer, consumer and offset queries share: the address to name, and errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException

from headgate.clients import kafka_errors
from headgate.errors import HeadgateError, Rejected, Unavailable
from headgate.ids import TopicName
from headgate.spec.suggestion import did_you_mean

ANSWER_TIMEOUT = timedelta(seconds=8)
"""How long a broker may take to answer before it counts as not there."""


class _Client(Protocol):
    """Producer, consumer and admin client of the library alike."""

    def list_topics(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: ANN401


def servers_of(settings: Mapping[str, str]) -> str:
    """The address to name in messages."""
    return settings.get("bootstrap.servers", "(no bootstrap.servers)")


def translated(error: KafkaException, servers: str, about: str) -> HeadgateError:
    """An exception of the library by its consequence, for calls that change nothing."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, KafkaError):
        return kafka_errors.translated(
            cause, server=f"Kafka at {servers}", about=about, effect=False
        )
    return Rejected(f"Kafka at {servers} refused {about}: {error}")


@contextmanager
def asking(servers: str, about: str, within: timedelta = ANSWER_TIMEOUT * 2) -> Iterator[None]:
    """Translate what a question by futures may end with.

    A future of this library can outlive its request time-out, so it is given one too: `within`.
    """
    try:
        yield
    except KafkaException as error:
        raise translated(error, servers, about) from error
    except TimeoutError as error:
        raise Unavailable(
            f"Kafka at {servers} did not answer within {within.total_seconds():.0f} s when asked "
            f"for {about}",
            still_true="Nothing was changed by this call.",
            next_step="headgate ps",
        ) from error


def partitions_of(client: _Client, topic: TopicName, servers: str) -> tuple[int, ...]:
    """The partitions of a topic, ascending.

    Raises `Unavailable` when no broker answers, `Rejected` when there is no such topic.
    """
    try:
        known = client.list_topics(timeout=ANSWER_TIMEOUT.total_seconds()).topics
    except KafkaException as error:
        raise translated(error, servers, f"topic {topic}") from error
    if topic not in known:
        others = [name for name in known if not name.startswith("_")]
        raise Rejected(
            f"there is no topic '{topic}' at {servers}{did_you_mean(topic, others)}",
            still_true="Nothing was changed.",
            next_step="headgate plan shows declared topics that do not exist yet",
        )
    return tuple(sorted(known[topic].partitions))
