"""Which jobs have snapshots that are to be disposed of. Reads only."""

from collections.abc import Sequence

from headgate.ids import JobName
from headgate.operations.declared_one_by_one import declared_one_by_one
from headgate.operations.disposing.retained import retention
from headgate.operations.disposing.superfluous_checkpoints import superfluous_checkpoints
from headgate.operations.engine.left_open import held_by
from headgate.operations.services import Services
from headgate.plan.left_open import takes_up


def jobs_to_dispose_for(services: Services) -> Sequence[JobName]:
    """Declared jobs, by name, with something to dispose of and no other operation under way.

    A job whose files are wrong keeps all its savepoints.
    """
    one_pass = services.for_one_pass()
    return [
        name
        for name, job in declared_one_by_one(services).jobs.items()
        if _is_free(services, name, "dispose_savepoints")
        and retention(one_pass, name, job.spec.savepoint).dispose
    ]


def jobs_with_superfluous_checkpoints(services: Services) -> Sequence[JobName]:
    """Deployed jobs, by name, with folders of checkpoints to delete and no other operation."""
    one_pass = services.for_one_pass()
    return [
        name
        for name in sorted({one.job for one in services.ledger.deployments()})
        if _is_free(services, name, "dispose_checkpoints")
        and superfluous_checkpoints(one_pass, name).dispose
    ]


def _is_free(services: Services, job: JobName, kind: str) -> bool:
    """A disposal that was cut off is not in the way of itself."""
    held = held_by(services, job)
    return held is None or held.kind == kind or takes_up(kind, held)
