"""Airflow's REST API, as a person's browser uses it: log in, trigger a DAG, watch its run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from headgate.clients.http import HttpClient, Response, segment
from headgate.errors import Rejected, Unavailable

RUN_ENDED = frozenset({"success", "failed"})


@dataclass(frozen=True)
class TaskState:
    """One task of a run, or one of its mapped tasks. `state` is None before it is scheduled."""

    task_id: str
    map_index: int
    state: str | None
    label: str
    """What the mapped task is about, else the task's id."""
    tries: int


@dataclass(frozen=True)
class Question:
    """What a task has asked a person, and the answer if there is one."""

    task_id: str
    map_index: int
    subject: str
    body: str
    """Markdown."""
    options: tuple[str, ...]
    chosen: tuple[str, ...]
    """Empty while nobody has answered."""
    responded_by: str | None
    """Name of who answered; None too where the time was over."""


class AirflowApi:
    """One Airflow, for one user. The token is fetched anew when it has expired."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._http = HttpClient(url, server=f"Airflow at {url}", timeout=timedelta(seconds=30))
        self._login = {"username": user, "password": password}
        self._token = ""

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG's file has been parsed and the DAG is known."""
        answer = self._request("GET", f"/api/v2/dags/{segment(dag_id)}")
        return answer.status != HTTPStatus.NOT_FOUND and bool(self._checked(answer, dag_id))

    def import_errors(self) -> Mapping[str, str]:
        """DAG files that could not be imported, with the last line of why."""
        answer = self._checked(self._request("GET", "/api/v2/importErrors"), "import errors")
        return {
            error["filename"]: error["stack_trace"].strip().splitlines()[-1]
            for error in answer["import_errors"]
        }

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> None:
        """Start a run under an id of our choice; the same id again is the same run."""
        answer = self._request(
            "POST",
            f"/api/v2/dags/{segment(dag_id)}/dagRuns",
            json={"dag_run_id": run_id, "logical_date": None, "conf": dict(conf)},
            effect=True,
        )
        if answer.status != HTTPStatus.CONFLICT:
            self._checked(answer, dag_id)

    def run_state(self, dag_id: str, run_id: str) -> str:
        """State of a run: queued, running, success or failed."""
        path = f"/api/v2/dags/{segment(dag_id)}/dagRuns/{segment(run_id)}"
        return str(self._checked(self._request("GET", path), dag_id)["state"])

    def tasks(self, dag_id: str, run_id: str) -> tuple[TaskState, ...]:
        """All tasks of a run, mapped ones each."""
        path = f"/api/v2/dags/{segment(dag_id)}/dagRuns/{segment(run_id)}/taskInstances"
        answer = self._checked(self._request("GET", path), dag_id)
        return tuple(
            TaskState(
                task["task_id"],
                task["map_index"],
                task["state"],
                str(task.get("rendered_map_index") or task["task_id"]),
                task["try_number"],
            )
            for task in answer["task_instances"]
        )

    def questions(self, dag_id: str, run_id: str) -> tuple[Question, ...]:
        """Everything that the tasks of a run have asked people."""
        path = f"/api/v2/dags/{segment(dag_id)}/dagRuns/{segment(run_id)}/hitlDetails"
        answer = self._checked(self._request("GET", path), dag_id)
        return tuple(
            Question(
                detail["task_instance"]["task_id"],
                detail["task_instance"]["map_index"],
                detail["subject"],
                detail["body"] or "",
                tuple(detail["options"]),
                tuple(detail["chosen_options"] or ()),
                (detail["responded_by_user"] or {}).get("name"),
            )
            for detail in answer["hitl_details"]
        )

    def answer(self, dag_id: str, run_id: str, question: Question, option: str) -> None:
        """Answer a question as this user. Raises Rejected if it was answered before."""
        path = (
            f"/api/v2/dags/{segment(dag_id)}/dagRuns/{segment(run_id)}/taskInstances/"
            f"{segment(question.task_id)}/{question.map_index}/hitlDetails"
        )
        json = {"chosen_options": [option], "params_input": {}}
        self._checked(self._request("PATCH", path, json=json, effect=True), question.subject)

    def clear(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Have a task that has ended run again, and what comes after it."""
        json = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [task_id],
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        path = f"/api/v2/dags/{segment(dag_id)}/clearTaskInstances"
        self._checked(self._request("POST", path, json=json, effect=True), task_id)

    def log(self, dag_id: str, run_id: str, task: TaskState) -> str:
        """Text of the log of a task's last try."""
        path = (
            f"/api/v2/dags/{segment(dag_id)}/dagRuns/{segment(run_id)}/taskInstances/"
            f"{segment(task.task_id)}/logs/{task.tries}?map_index={task.map_index}"
            "&full_content=true"
        )
        answer = self._checked(self._request("GET", path), dag_id)
        return "\n".join(_log_line(entry) for entry in answer["content"])

    def _request(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        effect: bool = False,
    ) -> Response:
        for _ in range(2):
            if not self._token:
                self._token = self._log_in()
            headers = {"Authorization": f"Bearer {self._token}"}
            answer = self._http.request(method, path, json=json, headers=headers, effect=effect)
            if answer.status != HTTPStatus.UNAUTHORIZED:
                break
            self._token = ""
        return answer

    def _log_in(self) -> str:
        answer = self._http.request("POST", "/auth/token", json=self._login, effect=False)
        return str(self._checked(answer, "log-in")["access_token"])

    def _checked(self, answer: Response, about: str) -> Any:  # noqa: ANN401 - JSON
        if answer.ok:
            return answer.json()
        what = f"Airflow answered {answer.status} about {about}: {answer.text[:300]}"
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(what, next_step="headgate ps")
        raise Rejected(what, next_step="headgate ps")


def _log_line(entry: Any) -> str:  # noqa: ANN401 - JSON
    if not isinstance(entry, Mapping):
        return str(entry)
    details = entry.get("error_detail") or []
    causes = [f"{detail.get('exc_type')}: {detail.get('exc_value')}" for detail in details]
    return "\n".join([str(entry.get("event", "")), *causes])
