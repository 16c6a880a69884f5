"""Running operations from the command line, with their progress shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from headgate.cli.console import err
from headgate.cli.progress import show_progress
from headgate.errors import HeadgateError
from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.engine.running import operation_of, run_operation
from headgate.operations.services import Services

SURFACE = "command line"


def run_one(services: Services, kind: str, job: JobName, request: Json) -> None:
    """Run one operation to its end. Raises as `run_operation` does."""
    with show_progress(err, f"{kind.replace('_', '-')} {job}") as listener:
        run_operation(services, kind, job, request, surface=SURFACE, listener=listener)


def run_each(
    services: Services, kind: str, jobs: Sequence[JobName], options: Mapping[str, Any]
) -> None:
    """Check every name before the first effect; one job's failure keeps none of the others back.

    Raises the first failure in the end; the others are printed when they happen.
    """
    operation = operation_of(kind)
    requests = {name: operation.request(services, name, options) for name in jobs}
    failures: list[HeadgateError] = []
    for name, request in requests.items():
        try:
            run_one(services, kind, name, request)
        except HeadgateError as failure:
            failures.append(failure)
            if failure is not failures[0]:
                err.print(Text(str(failure)))
    if failures:
        raise failures[0]
