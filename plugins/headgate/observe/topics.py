"""The topics that are declared, as the brokers have them."""

from collections.abc import Iterable, Mapping

from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.observed import ObservedTopic
from headgate.ids import TopicName


def observe_topics(
    admin: KafkaAdmin, names: Iterable[TopicName]
) -> Mapping[TopicName, ObservedTopic]:
    """The topics of these names; one that does not exist is missing from the answer."""
    return admin.topics(sorted(names))
