"""Consumer groups: whether one is there, and its deletion."""

from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException

from headgate.clients.kafka_clients import admin_client
from headgate.clients.records.connection import ANSWER_TIMEOUT, asking, servers_of

_GONE = (KafkaError.GROUP_ID_NOT_FOUND,)


class ConsumerGroups:
    """Groups of one Kafka cluster."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Raises `NeedsOperator` when a secret of the settings cannot be resolved."""
        self._servers = servers_of(settings)
        self._client = admin_client(settings)

    def is_there(self, group: str) -> bool:
        """Whether the cluster keeps anything of the group."""
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, f"consumer group {group}"):
            listed = self._client.list_consumer_groups(request_timeout=seconds)
            return group in {found.group_id for found in listed.result(timeout=seconds * 2).valid}

    def delete(self, group: str) -> None:
        """Forget a group and its offsets; one that is not there is no error.

        Raises Rejected while the group has members, Unavailable when no broker answers.
        """
        seconds = ANSWER_TIMEOUT.total_seconds()
        with asking(self._servers, f"the deletion of consumer group {group}"):
            deleted = self._client.delete_consumer_groups([group], request_timeout=seconds)
            try:
                deleted[group].result(timeout=seconds * 2)
            except KafkaException as error:
                if error.args[0].code() not in _GONE:
                    raise
