"""Errors of librdkafka and of brokers, sorted by consequence."""

import logging

from confluent_kafka import KafkaError

from headgate.errors import HeadgateError, Indeterminate, Rejected, Unavailable

_NOT_REACHED = frozenset(
    {
        KafkaError._TRANSPORT,  # noqa: SLF001 - this is how the library names its own errors
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.NOT_CONTROLLER,
    }
)
_WRONG_PASSWORD = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
    }
)
TURNED_AWAY = _WRONG_PASSWORD | {KafkaError._SSL}  # noqa: SLF001
"""Codes of a connection that the broker, or this client, does not trust."""
_NOT_ALLOWED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
DENIED = TURNED_AWAY | _NOT_ALLOWED
"""Codes of a server that does not let this client in, or not that far."""

_RIGHTS = {
    "creation of topic": "Create on the topic or on the cluster (and if the topic exists already, "
    "Describe on it: without, it is not seen)",
    "configuration of topic": "AlterConfigs on the topic",
    "partitions of topic": "Alter on the topic",
    "deletion of topic": "Delete on the topic",
    "configuration of": "DescribeConfigs on the topic",
    "configurations": "DescribeConfigs on the topics",
    "offsets of": "Describe on the topic",
    "topic": "Describe on the topic",
    "consumer group": "Describe on the group, and on the topics that it reads",
    "reading": "Read on the topic",
    "a record for topic": "Write on the topic",
}
"""The ACL that a call needs, by how `about` begins; the first that fits."""

LIBRARY_LOG = logging.getLogger("headgate.librdkafka")
"""Takes what librdkafka would print to standard error; every error also reaches its caller."""
LIBRARY_LOG.addHandler(logging.NullHandler())
LIBRARY_LOG.propagate = False


def translated(error: KafkaError, *, server: str, about: str, effect: bool) -> HeadgateError:
    """The error by its consequence.

    `server` and `about` go into the message and hold no secret. An `effect` that was not answered
    is Indeterminate, even where no broker was reached: librdkafka does not tell the two apart.
    """
    code = error.code()
    if code in DENIED:
        return _denial(error, server, about)
    if code == KafkaError.TOPIC_ALREADY_EXISTS:
        return Rejected(
            f"{server} refused {about}: it exists already. Either it was created just now, or "
            "this user cannot see it: check the ACL Describe on the topic",
            still_true="Nothing was changed by this call.",
            next_step="headgate plan",
        )
    if code == KafkaError.THROTTLING_QUOTA_EXCEEDED:
        return Unavailable(
            f"{server} put off {about}: its quota of changes is used up",
            still_true="Nothing was changed by this call.",
            next_step="run the same command again in a minute",
        )
    if code in _NOT_REACHED and effect:
        return did_not_answer(server, about)
    if code in _NOT_REACHED:
        return Unavailable(
            f"{server} cannot be reached ({about})",
            still_true="Nothing was changed by this call.",
            next_step="headgate ps",
        )
    return Rejected(
        f"{server} refused {about}: {error.str()}",
        still_true="Nothing was changed by this call.",
    )


def did_not_answer(server: str, about: str) -> Indeterminate:
    """A change was sent, and nobody knows what became of it."""
    return Indeterminate(
        f"{server} did not answer ({about})",
        still_true="The call may have taken effect.",
        next_step="run the same command again: it looks first",
    )


def _denial(error: KafkaError, server: str, about: str) -> Rejected:
    code = error.code()
    if code in _NOT_ALLOWED:
        right = next((right for call, right in _RIGHTS.items() if about.startswith(call)), "")
        return Rejected(
            f"{server} denies {about}: this user lacks a right"
            + (f"; check the ACL {right}" if right else ""),
            still_true="Nothing was changed by this call.",
            next_step="check the ACLs of the user by `kafka-acls --list`; docs/security.md has "
            "what each command needs",
        )
    if code in _WRONG_PASSWORD:
        return Rejected(
            f"{server} refuses the user or the password ({about}): {error.str()}",
            still_true="Nothing was changed by this call.",
            next_step="check sasl.username, sasl.password and sasl.mechanisms in headgate.toml",
        )
    return Rejected(
        f"{server} and this client do not trust each other ({about}): {error.str()}",
        still_true="Nothing was changed by this call.",
        next_step="check ssl.ca.location (it must hold the CA of the brokers), the client "
        "certificate if they ask for one, and that no certificate has expired",
    )
