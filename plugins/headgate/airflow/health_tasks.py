"""The tasks of the health check: look, tell, and fail if a job needs somebody."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import TriggerRule, get_current_context, task
from airflow.sdk.definitions.context import Context
from airflow.sdk.exceptions import AirflowFailException

from headgate.airflow.notification import built
from headgate.airflow.run_conf import refuse_unknown_keys
from headgate.airflow.schedule import written_schedule
from headgate.airflow.surroundings import errors_for_airflow, project, services
from headgate.operations.health_check import Checked, check_health, people_were_told
from headgate.operations.services import Services
from headgate.operations.status_text import as_plain_table
from headgate.spec.health_check import EVERY_FEW_MINUTES
from headgate.spec.load_environment import load_config

log = logging.getLogger(__name__)

_MOST_NAMED = 20


def health_schedule() -> str | None:
    """The schedule of headgate.toml; None for `manual`."""
    return written_schedule("health", EVERY_FEW_MINUTES)


@task
def look_at_jobs() -> list[dict[str, Any]]:
    """Look at every deployed job and tell of news; returns the jobs that need attention.

    A retry looks again, and tells of what it has not told yet.
    """
    refuse_unknown_keys()
    with errors_for_airflow():
        surroundings = services()
        checked = check_health(surroundings)
        statuses = [one.status for one in checked]
        log.info("%s", as_plain_table(statuses, surroundings.clock.now()) if statuses else "No job")
        needy = [one for one in checked if one.needs_attention]
        for one in needy:
            log.warning("%s", _told(one))
        context: Any = get_current_context()
        tell_news(surroundings, [one for one in needy if one.is_news], context)
    return [
        {"job": one.status.job, "told": _told(one), "is_recovered": one.recovery.is_due}
        for one in needy
    ]


@task(retries=0)
def jobs_to_recover(needy: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those that job.yaml allows to recover without a person, and that can be."""
    return [one["job"] for one in needy if one["is_recovered"]]


@task(trigger_rule=TriggerRule.ALL_DONE, retries=0)
def end_of_check() -> dict[str, int]:
    """The last task, which makes the run red if a job needs attention and was not recovered."""
    context: Any = get_current_context()
    needy = context["ti"].xcom_pull(task_ids="look_at_jobs")
    if needy is None:
        raise AirflowFailException("the jobs could not be looked at; see the log of look_at_jobs")
    # A list of ids and no map_indexes: only that pulls what all mapped tasks have returned.
    ended = context["ti"].xcom_pull(task_ids=["recover"])
    recovered = {one["job"] for one in ended if one}
    left = [one for one in needy if one["job"] not in recovered]
    if left:
        raise AirflowFailException(_left(left))
    return {"recovered": len(recovered)}


def tell_news(surroundings: Services, news: Sequence[Checked], context: Context) -> None:
    """Tell the notifier of headgate.toml. What could not be told is tried by the next run."""
    if not news:
        return
    try:
        notifier = load_config(project()).notifier
        if notifier is not None:
            said = "\n".join(_told(one) for one in news)
            built(notifier)(Context(**{**context, "exception": said}))
            log.info("%s was told.", notifier.class_)
    except Exception:
        log.exception("The notifier of headgate.toml could not be told")
        return
    for one in news:
        people_were_told(surroundings, one)


def _told(checked: Checked) -> str:
    why_not = checked.recovery.reason
    by_itself = "" if checked.recovery.is_due or not why_not else f" Not recovered: {why_not}."
    return f"{checked.in_words}.{by_itself} Next: {checked.next_step}"


def _left(left: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"- {one['told']}" for one in left[:_MOST_NAMED]]
    if len(left) > _MOST_NAMED:
        lines.append(f"- and {len(left) - _MOST_NAMED} more")
    count = len(left)
    return f"{count} job{'s need' if count != 1 else ' needs'} attention:\n" + "\n".join(lines)
