"""The tasks before a recovery or a start: which jobs, and what their form says."""

import logging
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.operations.restoring.considered import jobs_to_recover
from headgate.spec.unknown_jobs import refuse_unknown_jobs

log = logging.getLogger(__name__)


@task(retries=0)
def chosen_or_lost_jobs() -> list[str]:
    """The jobs of the form; with none chosen, every job that is missing or failing.

    Also jobs that are no longer declared, because what ran is brought back.
    """
    refuse_unknown_keys()
    context: Any = get_current_context()
    chosen = list(dict.fromkeys(context["params"]["jobs"]))
    _refuse_one_snapshot_for_many(context, chosen)
    with errors_for_airflow():
        surroundings = services()
        if chosen:
            recorded = {one.job for one in surroundings.ledger.deployments()}
            refuse_unknown_jobs(chosen, recorded)
            return chosen
        considered = jobs_to_recover(surroundings)
    for job in considered:
        log.info("%s %s: %s", "recover" if job.is_due else "skipped", job.job, job.reason)
    return [job.job for job in considered if job.is_due]


@task(retries=0)
def deployed_jobs() -> list[str]:
    """The jobs of the form, which must have been deployed once."""
    refuse_unknown_keys()
    context: Any = get_current_context()
    chosen = list(dict.fromkeys(context["params"]["jobs"]))
    _refuse_one_snapshot_for_many(context, chosen)
    with errors_for_airflow():
        recorded = {one.job for one in services().ledger.deployments()}
        refuse_unknown_jobs(chosen, recorded)
    return chosen


def _refuse_one_snapshot_for_many(context: Any, chosen: list[str]) -> None:  # noqa: ANN401
    if context["params"].get("from") and len(chosen) != 1:
        raise AirflowFailException(
            "a snapshot is that of one job: choose exactly one. Nothing was changed."
        )
