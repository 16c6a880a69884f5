"""Cancelling: one job of a cluster at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from headgate.clients.flink import FlinkClient
from headgate.errors import Unavailable
from headgate.ids import FlinkJobId
from headgate.operations.engine.step import Run

_OWN_ENDS = timedelta(0)
_OTHERS_END = timedelta(minutes=1)
"""A turn whose holder has died ends by itself."""


def cancel_and_wait(run: Run, client: FlinkClient, job_id: FlinkJobId, at_most: timedelta) -> None:
    """Cancel a job, and hold the turn until it has ended, so that cancels follow each other.

    Waits a little for what takes a second; if it takes longer, the next look goes on.

    Raises:
        Unavailable: another job is being cancelled.

    """
    clock = run.services.clock
    with only_cancel_of(run, client):
        client.cancel(job_id)
        end = clock.monotonic() + at_most.total_seconds()
        while clock.monotonic() < end:
            picture = client.job(job_id)
            if picture is None or picture.is_terminal:
                return
            clock.sleep(timedelta(milliseconds=250))


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
