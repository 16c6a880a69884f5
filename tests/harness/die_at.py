"""Run one operation in this process and end it by SIGKILL at a chosen moment.

    python -m harness.die_at STEP PHASE KIND JOB [ENVIRONMENT]

Exit code -9 if the moment came; otherwise that of the operation.
"""

import os
import signal
import sys

from headgate.cli.options import environment, project
from headgate.ids import JobName
from headgate.operations.engine.engine import Event
from headgate.operations.engine.running import operation_of, run_operation
from headgate.operations.services import Services


def main(step: str, phase: str, kind: str, job: str, env: str | None = None) -> None:
    def die(event: Event) -> None:
        if (event.step, event.phase) == (step, phase):
            os.kill(os.getpid(), signal.SIGKILL)

    services = Services(project(), environment(env))
    name = JobName(job)
    request = operation_of(kind).request(services, name, {})
    run_operation(services, kind, name, request, surface="a test", listener=die)


if __name__ == "__main__":
    main(*sys.argv[1:])
