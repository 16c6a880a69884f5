"""The tasks around scheduled savepoints: what is due, what is to be disposed of, what was done."""

import logging
from collections.abc import Sequence
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task

from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.operations.disposing.overdue import (
    jobs_to_dispose_for,
    jobs_with_superfluous_checkpoints,
)
from headgate.operations.savepointing.considered import (
    Considered,
    due_for_proof,
    due_for_savepoint,
)

log = logging.getLogger(__name__)


@task
def jobs_due_for_savepoint() -> list[str]:
    """Jobs whose savepoint is due; the others are in the log and in XCom `skipped`."""
    refuse_unknown_keys()
    with errors_for_airflow():
        surroundings = services()
        considered = due_for_savepoint(surroundings)
    return _due(considered)


@task
def jobs_due_for_proof() -> list[str]:
    """Jobs with `savepoint.prove` whose newest savepoint is unproven; `skipped` as above."""
    refuse_unknown_keys()
    with errors_for_airflow():
        surroundings = services()
        considered = due_for_proof(surroundings)
    return _due(considered)


@task(trigger_rule=TriggerRule.ALL_DONE)
def jobs_with_savepoints_to_dispose_of() -> list[str]:
    """Jobs with more savepoints than their policy keeps, whatever became of the new ones."""
    with errors_for_airflow():
        surroundings = services()
        return list(jobs_to_dispose_for(surroundings))


@task(trigger_rule=TriggerRule.ALL_DONE)
def jobs_with_checkpoints_to_delete() -> list[str]:
    """Jobs with checkpoints of submissions that nothing goes back to any more."""
    with errors_for_airflow():
        return list(jobs_with_superfluous_checkpoints(services()))


@task(trigger_rule=TriggerRule.NONE_FAILED)
def end_of_savepoints() -> dict[str, int]:
    """The last task, which makes a run red if a savepoint or a disposal in it has failed.

    Without it the run would have the colour of its disposals alone.
    """
    context: Any = get_current_context()
    due = context["ti"].xcom_pull(task_ids="jobs_due_for_savepoint") or []
    disposed = context["ti"].xcom_pull(task_ids="jobs_with_savepoints_to_dispose_of") or []
    return {"savepoints": len(due), "jobs_disposed_for": len(disposed)}


def _due(considered: Sequence[Considered]) -> list[str]:
    for job in considered:
        log.info("%s %s: %s", "due    " if job.is_due else "skipped", job.job, job.reason)
    context: Any = get_current_context()
    skipped = {job.job: job.reason for job in considered if not job.is_due}
    context["ti"].xcom_push("skipped", skipped)
    return [job.job for job in considered if job.is_due]
