"""One call of Kafka's admin API about many topics, with what became of each."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException

from headgate.clients.kafka_errors import did_not_answer, translated
from headgate.clock import Clock
from headgate.errors import HeadgateError
from headgate.ids import TopicName

ItemResults = dict[TopicName, HeadgateError | None]
"""What became of each item: None where it succeeded."""
Answers = Mapping[Any, Future[None]]
"""Futures by the name of a topic, or by a resource that has one."""

_PUT_OFF_FIRST = timedelta(milliseconds=500)
_PUT_OFF_MOST = timedelta(seconds=5)
_Item = TypeVar("_Item")


@dataclass(frozen=True)
class ItemCall:
    """How a change is sent."""

    server: str
    about: str
    """What is done, before the name of the topic: "creation of topic"."""
    within: timedelta
    """How long an answer may take; a future that hangs (librdkafka's may) ends as unknown."""
    patience: timedelta
    """How long items that the broker puts off are sent again."""
    clock: Clock

    def send_all(
        self, items: Mapping[TopicName, _Item], send: Callable[[Sequence[_Item]], Answers]
    ) -> ItemResults:
        """Send the items in one request; those that are put off are sent again, they alone."""
        results: ItemResults = {}
        pending = dict(items)
        deadline = self.clock.monotonic() + self.patience.total_seconds()
        pause = _PUT_OFF_FIRST
        while pending:
            answers = self._answers(send(list(pending.values())))
            results |= answers
            put_off = KafkaError.THROTTLING_QUOTA_EXCEEDED
            pending = {
                name: items[name] for name in pending if broker_said(answers[name]) == put_off
            }
            if not pending or self.clock.monotonic() > deadline:
                break
            self.clock.sleep(pause)
            pause = min(pause * 2, _PUT_OFF_MOST)
        return {name: results[name] for name in items}

    def _answers(self, answers: Answers) -> ItemResults:
        results: ItemResults = {}
        deadline = self.clock.monotonic() + self.within.total_seconds()
        for key, answer in answers.items():
            name = TopicName(str(getattr(key, "name", key)))
            about = f"{self.about} {name}"
            results[name] = None
            try:
                answer.result(max(0.0, deadline - self.clock.monotonic()))
            except KafkaException as error:
                results[name] = failure = translated(
                    error.args[0], server=self.server, about=about, effect=True
                )
                failure.__cause__ = error
            except TimeoutError:
                results[name] = did_not_answer(self.server, about)
        return results


def broker_said(failure: HeadgateError | None) -> int | None:
    """The code of the broker's own answer behind a failure, where there was one."""
    cause = failure.__cause__ if failure is not None else None
    return int(cause.args[0].code()) if isinstance(cause, KafkaException) else None
