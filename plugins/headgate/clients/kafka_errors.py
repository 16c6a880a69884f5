"""Errors of librdkafka and of brokers, sorted by consequence."""

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
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_CONTROLLER,
    }
)
_DENIED = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001
        KafkaError._SSL,  # noqa: SLF001
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    }
)


def translated(error: KafkaError, *, server: str, about: str, effect: bool) -> HeadgateError:
    """The error by its consequence.

    `server` and `about` go into the message and hold no secret. An `effect` that was not answered
    is Indeterminate, even where no broker was reached: librdkafka does not tell the two apart.
    """
    code = error.code()
    if code in _DENIED:
        return Rejected(
            f"{server} denies access ({about}): {error.str()}",
            still_true="Nothing was changed by this call.",
            next_step="check the kafka settings of the environment in headgate.toml and the ACLs",
        )
    if code == KafkaError.THROTTLING_QUOTA_EXCEEDED:
        return Unavailable(
            f"{server} put off {about}: its quota of changes is used up",
            still_true="Nothing was changed by this call.",
            next_step="run the same command again in a minute",
        )
    if code in _NOT_REACHED and effect:
        return Indeterminate(
            f"{server} did not answer ({about})",
            still_true="The call may have taken effect.",
            next_step="run the same command again: it looks first",
        )
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
