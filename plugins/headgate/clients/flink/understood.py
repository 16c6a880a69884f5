"""Answers that are not Flink's: of a login page, a proxy, or a Flink that speaks otherwise."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from headgate.clients.flink.rest import FlinkRest
from headgate.errors import Unavailable

Asked = ParamSpec("Asked")
Told = TypeVar("Told")
Client = TypeVar("Client", bound=FlinkRest)

_NOT_AS_EXPECTED = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
)
"""What reading a JSON value raises that has not the form of Flink's answer."""


def understood(
    call: Callable[Concatenate[Client, Asked], Told],
) -> Callable[Concatenate[Client, Asked], Told]:
    """Let a call that only reads raise Unavailable where the answer is not Flink's.

    Status 200 with something else in it comes from whoever stands between; it says nothing of the
    job, as no answer would.
    """

    @wraps(call)
    def asked(client: Client, /, *arguments: Asked.args, **options: Asked.kwargs) -> Told:
        try:
            return call(client, *arguments, **options)
        except _NOT_AS_EXPECTED as error:
            raise Unavailable(
                f"Flink {client.line} at {client.rest} gave an answer that is not Flink's "
                f"({call.__name__}: {type(error).__name__} {error})",
                still_true="The call only reads; nothing was changed by it.",
                next_step="look what answers at that address: a login page, a proxy?",
            ) from error

    return asked
