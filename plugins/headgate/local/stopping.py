"""Stop a stack gracefully, and make sure that nothing of it is alive."""

import time
from collections.abc import Collection

from headgate.errors import NeedsOperator
from headgate.local.layout import Layout
from headgate.local.offer import withdraw_offer
from headgate.local.supervisor import Supervisor, end_processes, processes_of

_STOPPED_LAST = {"kafka", "registry"}
_AT_REST = {"STOPPED", "EXITED", "FATAL"}
_POLL_SECONDS = 0.1
_STOP_SECONDS = 45
_GRACE_SECONDS = 10.0
_SWEEPS = 3


def stop_stack(layout: Layout, supervisor: Supervisor | None) -> None:
    """Stop users of Kafka before Kafka, then the supervisor, then whatever is left.

    Raises NeedsOperator if a process survives even SIGKILL.
    """
    if supervisor is not None:
        names = set(supervisor.processes())
        stop_services(supervisor, names - _STOPPED_LAST)
        stop_services(supervisor, names & _STOPPED_LAST)
        supervisor.shut_down()
        deadline = time.monotonic() + _STOP_SECONDS
        while supervisor.answers() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    end_leftovers(layout)
    for program in layout.programs.glob("*"):
        program.unlink()
    withdraw_offer(layout)


def stop_services(supervisor: Supervisor, names: Collection[str]) -> None:
    """Stop services together; the supervisor kills one that takes too long."""
    for name in names:
        supervisor.stop(name)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        states = supervisor.processes()
        if all(states[name].state in _AT_REST for name in names if name in states):
            return
        time.sleep(_POLL_SECONDS)


def end_leftovers(layout: Layout) -> None:
    """End every process that bears the stack's mark.

    They are children that a server left behind, or a whole stack whose supervisor was killed.
    """
    for _ in range(_SWEEPS):  # a process may start another while it is being ended
        leftovers = processes_of(layout)
        if not leftovers:
            break
        end_processes(leftovers, _GRACE_SECONDS)
    if alive := processes_of(layout):
        pids = " ".join(str(process.pid) for process in alive)
        raise NeedsOperator(
            f"Processes of stack {layout.stack!r} cannot be ended: {pids}",
            still_true="All other processes of the stack are stopped.",
            next_step=f"look at them: ps -fp {pids.replace(' ', ',')}",
        )
    layout.supervisor_pid.unlink(missing_ok=True)
