"""The turn at a JobManager: it runs one PyFlink driver at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from headgate.clients.flink import RUN_TIMEOUT, FlinkClient
from headgate.errors import Rejected, Unavailable
from headgate.ids import FlinkLineName
from headgate.operations.engine.step import Run

_TURN_ENDS = RUN_TIMEOUT + timedelta(seconds=10)
"""After the death of a deployment its driver may run on in the JobManager for so long. That holds
for the same deployment too, when it is taken up again."""
_WAIT_FOR_TURN = timedelta(seconds=5)
"""In a worker, which others wait for; who waits longer gives it back and comes again."""


@contextmanager
def only_driver_of(run: Run, client: FlinkClient) -> Iterator[None]:
    """While this is held, no other deployment runs a driver in that JobManager.

    A second driver fails in `PythonEnvUtils.setGatewayServer` and takes the first one's gateway
    with it (2.2.1, measured).

    Raises:
        Unavailable: another driver is at work and did not end while this call waited.

    """
    ledger, resource = run.services.ledger, f"drivers of {client.rest}"
    _await_turn(run, resource, client.line)
    try:
        yield
    except (Rejected, Unavailable):
        ledger.give_turn_back(run.lease, resource)
        raise
    # After any other end the driver may still run: then the turn ends by itself.
    ledger.give_turn_back(run.lease, resource)


def _await_turn(run: Run, resource: str, line: FlinkLineName) -> None:
    """Wait here for a moment: another driver takes seconds, and coming again costs some too."""
    clock = run.services.clock
    end = clock.monotonic() + _WAIT_FOR_TURN.total_seconds()
    while not run.services.ledger.take_turn(
        run.lease, resource, own_ends=_TURN_ENDS, others_end=_TURN_ENDS
    ):
        if clock.monotonic() > end:
            raise Unavailable(f"waiting for another submission to Flink {line} to end")
        clock.sleep(timedelta(milliseconds=250))
