"""The turn at cancelling: one job of a cluster is cancelled at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from headgate.clients.flink import FlinkClient
from headgate.errors import Unavailable
from headgate.operations.engine.step import Run

_OWN_ENDS = timedelta(0)
_OTHERS_END = timedelta(minutes=1)
"""A turn whose holder has died ends by itself."""


@contextmanager
def only_cancel_of(run: Run, client: FlinkClient) -> Iterator[None]:
    """While this is held, no other operation cancels a job of that cluster.

    Three cancels of Python jobs at once have ended their TaskManager, and healthy jobs with it
    (Beam's "Reference count must not be negative", 2.3.0, measured).

    Raises:
        Unavailable: another job is being cancelled.

    """
    ledger, resource = run.services.ledger, f"cancels of {client.rest}"
    if not ledger.take_turn(run.lease, resource, own_ends=_OWN_ENDS, others_end=_OTHERS_END):
        raise Unavailable(f"waiting until another job of Flink {client.line} is cancelled")
    try:
        yield
    finally:
        ledger.give_turn_back(run.lease, resource)
