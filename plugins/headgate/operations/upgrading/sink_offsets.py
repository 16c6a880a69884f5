"""Where the topics that a job writes end, as a reader of committed records sees it."""

from headgate.clients.records.offsets import TopicOffsets
from headgate.ids import TopicName
from headgate.operations.services import Services
from headgate.plan.rolled_back import Offsets


def ends_of(services: Services, topics: list[str]) -> Offsets:
    """By topic and partition. Raises Unavailable where no broker answers."""
    kafka = TopicOffsets(services.environment.settings.kafka)
    return {topic: kafka.end(TopicName(topic)) for topic in topics}
