"""Clients of librdkafka: opened from settings, and able to say why brokers turn them away.

A client that is not let in (wrong password, wrong CA) tries again and again, and a call of it
ends with its time-out; the reason goes to a callback alone. So it is kept here, and takes the
place of the time-out.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from headgate.clients.kafka_errors import LIBRARY_LOG, TURNED_AWAY
from headgate.errors import Rejected
from headgate.spec.secrets import is_reference, resolve_settings

_Client = TypeVar("_Client")


def admin_client(settings: Mapping[str, str]) -> AdminClient:
    """An admin client, which connects with its first call.

    Raises `NeedsOperator` when a secret cannot be resolved, `Rejected` for a setting that the
    library does not take.
    """
    return _opened(_Admin, settings, {})


def producer(settings: Mapping[str, str], own: Mapping[str, Any]) -> Producer:
    """A producer with settings of the caller's `own`. Raises as `admin_client` does."""
    return _opened(_Producer, settings, own)


def consumer(settings: Mapping[str, str], own: Mapping[str, Any]) -> Consumer:
    """A consumer with settings of the caller's `own`. Raises as `admin_client` does."""
    return _opened(Consumer, settings, own)


class _Refusals:
    """Why brokers turned this client away since it was last asked something."""

    def __init__(self) -> None:
        self.last: KafkaError | None = None

    def note(self, error: KafkaError) -> None:
        if error.code() in TURNED_AWAY:
            self.last = error


class _SayingWhy:
    """Stands before a client of the library."""

    def __init__(self, settings: dict[str, Any], **library: Any) -> None:  # noqa: ANN401
        self._refusals = _Refusals()
        super().__init__({"error_cb": self._refusals.note, **settings}, **library)  # type: ignore[call-arg]

    def list_topics(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        ask = partial(super().list_topics, *args, **kwargs)  # type: ignore[misc]
        return _saying_why(self, self._refusals, ask)


class _Admin(_SayingWhy, AdminClient):
    pass


class _Producer(_SayingWhy, Producer):
    pass


def _saying_why(client: Any, refusals: _Refusals, ask: Callable[[], Any]) -> Any:  # noqa: ANN401
    """The answer; where there is none and brokers turned the client away, their reason."""
    refusals.last = None
    try:
        return ask()
    except KafkaException as error:
        client.poll(0)  # errors wait in a queue until then
        if refusals.last is None:
            raise
        raise KafkaException(refusals.last) from error


def _opened(
    kind: Callable[..., _Client], settings: Mapping[str, str], own: Mapping[str, Any]
) -> _Client:
    resolved = resolve_settings(settings)
    try:
        return kind({**resolved, **own}, logger=LIBRARY_LOG)
    except KafkaException as error:
        # The library repeats the value that it does not take.
        text = error.args[0].str()
        for name, value in settings.items():
            if is_reference(value) and resolved[name]:
                text = text.replace(resolved[name], "(secret)")
    raise Rejected(
        f"the kafka settings in headgate.toml cannot be used: {text}",
        still_true="Nothing was changed.",
        next_step="correct them; their names are those of librdkafka",
    )
