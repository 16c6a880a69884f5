"""Records that jobs have still to read, by what their consumer groups have committed."""

from headgate.clients.records.retained import ManyOffsets
from headgate.errors import HeadgateError
from headgate.ids import JobName, TopicName, consumer_group
from headgate.operations.services import Services
from headgate.spec.declared import DeclaredJob


class CommittedInput:
    """For jobs whose sources do not tell: a group's offsets lag behind by up to a checkpoint."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._is_silent = False

    def lag(self, job: JobName, declared: DeclaredJob | None) -> int | None:
        """Offsets between what the group committed and the end, aborted records counted.

        None where the job is not declared, or nothing says where it stands. Kafka is not asked
        again by this object once it has not answered, so that many jobs do not wait for it.
        """
        if declared is None or self._is_silent:
            return None
        now = self._services.clock.now()
        topics = {TopicName(name): now for name in declared.spec.sources}
        try:
            kafka = ManyOffsets(self._services.environment.settings.kafka)
            committed = kafka.committed(consumer_group(self._services.environment.name, job))
            retained = kafka.retained(topics) if committed else {}
        except HeadgateError:
            self._is_silent = True
            return None
        if not committed:
            return None
        return sum(
            max(0, one.end - max(one.first, committed.get((topic, partition), 0)))
            for topic, partitions in retained.items()
            for partition, one in partitions.items()
        )
