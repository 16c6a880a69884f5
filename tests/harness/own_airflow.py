"""An Airflow of its own for tests that declare topics: its project is theirs to change.

It runs the DAG files and plugins of this checkout, with a Kafka and a registry of its own and no
Flink, so that these tests neither load nor depend on the shared stack.
"""

import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from headgate.clients.airflow_api import RUN_ENDED, AirflowApi, Question, TaskState
from headgate.errors import Unavailable
from headgate.local.layout import layout_of
from headgate.local.stack import COMPONENTS, down, up
from headgate.spec.declared import NamedEnvironment

from harness.sample_project import SampleProject
from harness.stack import PROJECT
from harness.waiting import until

STACK = "own"
_NO_FLINK = [name for name in COMPONENTS if name.startswith("flink")]
_RUN_ENDS = timedelta(minutes=5)
_ASKS = timedelta(minutes=2)
_ANSWERED_AFTER = timedelta(seconds=6)
"""Airflow 3.3.2 can lose an answer that comes within five seconds of the question."""


@dataclass(frozen=True)
class OwnAirflow:
    """A running Airflow and the project that it serves."""

    project: SampleProject
    environment: NamedEnvironment
    api: AirflowApi
    user: str
    patience: int = 1
    """So many times longer than usual its runs may take."""

    def connect(self, connection: Mapping[str, Any]) -> None:
        """Add a connection; right after its start Airflow's database is busy."""

        def is_there() -> bool:
            path = "/api/v2/connections"
            answer = self.api._request("POST", path, json=connection, effect=True)
            return answer.ok or answer.status == HTTPStatus.CONFLICT

        what = f"connection {connection['connection_id']} is there"
        until(is_there, seconds=120, what=what)

    def start(self, dag_id: str, **conf: Any) -> str:
        """Trigger a DAG once it is parsed; the id of the run."""
        until(lambda: self.api.has_dag(dag_id), seconds=120, what=f"{dag_id} is parsed")
        run = f"test-{uuid4().hex[:12]}"
        _once_not_busy(lambda: self.api.trigger(dag_id, run, conf))
        return run

    def answer(self, dag_id: str, run: str, question: Question, option: str) -> None:
        _once_not_busy(lambda: self.api.answer(dag_id, run, question, option))

    def clear(self, dag_id: str, run: str, task_id: str) -> None:
        _once_not_busy(lambda: self.api.clear(dag_id, run, task_id))

    def end(self, dag_id: str, run: str) -> str:
        """The state in which a run ends."""
        until(
            lambda: self.api.run_state(dag_id, run) in RUN_ENDED,
            seconds=self.patience * _RUN_ENDS.total_seconds(),
            what=f"run {run} of {dag_id} has ended",
            every=0.5,
        )
        return self.api.run_state(dag_id, run)

    def run(self, dag_id: str, **conf: Any) -> tuple[str, str]:
        """Trigger and wait: the id and the state of the run."""
        run = self.start(dag_id, **conf)
        return run, self.end(dag_id, run)

    def question(self, dag_id: str, run: str) -> Question:
        """The question for which a run waits, once its task is parked for long enough."""
        parked: list[float] = []

        def asked() -> Question | None:
            if self.states(dag_id, run).get("approve") != "awaiting_input":
                assert self.api.run_state(dag_id, run) not in RUN_ENDED, self.states(dag_id, run)
                return None
            parked.append(time.monotonic())
            if parked[-1] - parked[0] < _ANSWERED_AFTER.total_seconds():
                return None
            return next((one for one in self.api.questions(dag_id, run) if not one.chosen), None)

        found = until(
            asked,
            seconds=self.patience * _ASKS.total_seconds(),
            what=f"run {run} of {dag_id} asks",
            every=0.5,
        )
        assert found is not None
        return found

    def states(self, dag_id: str, run: str) -> dict[str, str | None]:
        return {task.task_id: task.state for task in self.api.tasks(dag_id, run)}

    def task(self, dag_id: str, run: str, task_id: str) -> TaskState:
        return next(task for task in self.api.tasks(dag_id, run) if task.task_id == task_id)

    def log(self, dag_id: str, run: str, task_id: str) -> str:
        return self.api.log(dag_id, run, self.task(dag_id, run, task_id))


@contextmanager
def own_airflow(
    folder: Path,
    without: Sequence[str] = _NO_FLINK,
    configuration: str = "",
    *,
    patience: int = 1,
) -> Iterator[OwnAirflow]:
    """Serve a new project in `folder`, on a stack without these components.

    `configuration` is what its headgate.toml has besides its environment.
    """
    (folder / ".headgate").mkdir(parents=True)
    (folder / ".headgate" / "install").symlink_to(PROJECT / ".headgate" / "install")
    try:
        with pytest.MonkeyPatch.context() as patched:
            patched.delenv("HEADGATE_ENV", raising=False)
            environment = up(folder, STACK, without=[*without, "airflow"])
            project = SampleProject(folder, environment, "contracts", configuration)
            for shared in ("dags", "plugins"):
                (folder / shared).symlink_to(PROJECT / shared)
            up(folder, STACK, without=without)
        access = _access(folder)
        api = AirflowApi(access["address"], access["user"], access["password"])
        yield OwnAirflow(project, environment, api, access["user"], patience)
    finally:
        down(folder, STACK)


def _once_not_busy(write: Callable[[], None]) -> None:
    """On a loaded machine Airflow's SQLite can be locked for longer than a request waits."""

    def is_done() -> bool:
        try:
            write()
        except Unavailable:
            return False
        return True

    until(is_done, seconds=120, what="Airflow's database is not locked", every=1)


def _access(folder: Path) -> Mapping[str, str]:
    text = layout_of(folder, STACK).access_file.read_text()
    access: Mapping[str, str] = tomllib.loads(text)["airflow"]
    return access
