"""Trigger a DAG as a person would through the UI, and wait for the end of its run."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from headgate.clients.airflow_api import RUN_ENDED, AirflowApi
from headgate.clock import Clock
from headgate.errors import Rejected, Unavailable

Tell = Callable[[str], None]
"""Takes what is being waited for, in one line."""

_LOOK = timedelta(seconds=1)
_TO_BE_PARSED = timedelta(minutes=2)
_LOG_LINES = 15


def run_dag(
    airflow: AirflowApi,
    dag_id: str,
    run_id: str,
    conf: Mapping[str, Any],
    *,
    clock: Clock,
    deadline: timedelta,
    tell: Tell = lambda _line: None,
) -> None:
    """Run a DAG to success.

    Raises:
        Rejected: the run failed; the end of each failed task's log is in the message.
        Unavailable: it has not ended by the deadline.

    """
    _wait_until_parsed(airflow, dag_id, clock)
    airflow.trigger(dag_id, run_id, conf)
    end = clock.monotonic() + deadline.total_seconds()
    while (state := airflow.run_state(dag_id, run_id)) not in RUN_ENDED:
        if clock.monotonic() > end:
            raise Unavailable(
                f"DAG {dag_id}, run {run_id} is still {state} after {deadline}",
                next_step="look at the run in the Airflow UI; headgate logs airflow-scheduler",
            )
        tell(f"{state}: {_tasks_in_words(airflow, dag_id, run_id)}")
        clock.sleep(_LOOK)
    if state == "failed":
        raise _failure(airflow, dag_id, run_id)


def _wait_until_parsed(airflow: AirflowApi, dag_id: str, clock: Clock) -> None:
    end = clock.monotonic() + _TO_BE_PARSED.total_seconds()
    while not airflow.has_dag(dag_id):
        if clock.monotonic() > end:
            errors = "\n".join(f"{file}: {why}" for file, why in airflow.import_errors().items())
            raise Unavailable(
                f"Airflow does not know the DAG {dag_id}" + (f":\n{errors}" if errors else ""),
                next_step="headgate logs airflow-dag-processor",
            )
        clock.sleep(_LOOK)


def _tasks_in_words(airflow: AirflowApi, dag_id: str, run_id: str) -> str:
    states = Counter(task.state or "waiting" for task in airflow.tasks(dag_id, run_id))
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items()))


def _failure(airflow: AirflowApi, dag_id: str, run_id: str) -> Rejected:
    lines = []
    for task in airflow.tasks(dag_id, run_id):
        if task.state == "failed":
            log = airflow.log(dag_id, run_id, task).strip().splitlines()
            lines += [f"{task.task_id} ({task.label}):", *log[-_LOG_LINES:]]
    return Rejected(
        f"DAG {dag_id}, run {run_id} failed\n" + "\n".join(lines),
        next_step="look at the run in the Airflow UI, mend the cause and run the DAG again",
    )
