"""Which jobs have savepoints that the policy no longer keeps. Reads only."""

from collections.abc import Sequence

from headgate.ids import JobName
from headgate.operations.disposing.retained import retention
from headgate.operations.services import Services
from headgate.spec.declared import Declared


def jobs_to_dispose_for(services: Services, declared: Declared) -> Sequence[JobName]:
    """Declared jobs, by name, with something to dispose of and no other operation under way."""
    return [
        name
        for name, job in sorted(declared.jobs.items())
        if _is_free(services, name) and retention(services, name, job.spec.savepoint).dispose
    ]


def _is_free(services: Services, job: JobName) -> bool:
    """A disposal that was cut off is not in the way of itself."""
    operation = services.ledger.running_operation(job)
    return operation is None or operation.kind == "dispose_savepoints"
