"""One operation on one job as an Airflow task: any operation, by its kind."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.definitions.context import Context
from airflow.sdk.exceptions import AirflowSkipException

from headgate.airflow.flink_job_link import FlinkJobLink
from headgate.airflow.operation_trigger import OperationTrigger
from headgate.airflow.surroundings import errors_for_airflow, services
from headgate.ids import JobName, OperationId
from headgate.ledger.errors import Busy
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Engine, Event, Waiting
from headgate.operations.engine.left_open import to_take_up
from headgate.operations.engine.running import (
    open_engine,
    operation_id_of_task,
    operation_of,
    succeeded,
)
from headgate.operations.services import Services

_FIRST_LOOK = timedelta(seconds=4)


class OperationOperator(BaseOperator):
    """Runs an operation; while it waits, no worker is held.

    Every try of the task finds the same operation, because its id follows from DAG, run, task
    and job: a second try adopts what the first has brought about. Cleared by hand, the
    task returns the operation's recorded end. Ending the task never ends the Flink job.
    """

    template_fields: Sequence[str] = ("job", "options")
    operator_extra_links = (FlinkJobLink(),)

    def __init__(
        self,
        *,
        kind: str,
        job: str,
        options: Mapping[str, Any] | None = None,
        skips_busy: bool = False,
        **arguments: Any,  # noqa: ANN401 - Airflow's own
    ) -> None:
        """`kind` names the operation, `options` are its own (`start_empty` of a deployment).

        Templates in `options` keep their types in a DAG with `render_template_as_native_obj`.
        With `skips_busy` the task is skipped, not failed, where another operation is at work on
        the job: for schedules, which come again.
        """
        super().__init__(**arguments)
        self.skips_busy = skips_busy
        self.kind = kind
        self.job = job
        self.options = {} if options is None else options
        self.flink_job_page: str | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Begin or take up the operation and do what can be done now."""
        return self._advance(context)

    def resume(self, context: Context, event: Mapping[str, Any]) -> dict[str, Any]:
        """Go on after the triggerer has seen that there is more to do."""
        return self._advance(context, event.get("operation_id"))

    def _advance(self, context: Context, awaited: OperationId | None = None) -> dict[str, Any]:
        """`awaited` is the operation that the task has waited for, which may be another one."""
        with errors_for_airflow():
            surroundings = services()
            operation_id = self.operation_id(context)
            record = surroundings.ledger.operation(operation_id)
            if record is not None and record.state != "running":
                return self._ended(surroundings, record)
            try:
                taken_up = None if record else self._take_up(surroundings, awaited)
                if taken_up is not None:
                    return self._ended(surroundings, taken_up)
                engine = self._engine(surroundings, operation_id, record)
            except Busy as busy:
                if self.skips_busy:
                    raise AirflowSkipException(str(busy)) from busy
                raise
            return self._worked(surroundings, engine)

    def operation_id(self, context: Context) -> OperationId:
        """The operation of this task."""
        return _operation_id(context, JobName(self.job))

    def paused(
        self, surroundings: Services, operation_id: OperationId, waiting: Waiting
    ) -> dict[str, Any] | None:
        """What the task returns if it ends here and leaves the operation open; None to go on."""
        del surroundings, operation_id, waiting
        return None

    def stays(self, waiting: Waiting) -> bool:
        """Whether the worker is held while the operation waits, because every second counts."""
        del waiting
        return False

    def _take_up(
        self, surroundings: Services, awaited: OperationId | None
    ) -> OperationRecord | None:
        """First bring to its end what was left open; that end, if it is all that is asked for."""
        job = JobName(self.job)
        left = surroundings.ledger.operation(awaited) if awaited is not None else None
        left = left or to_take_up(surroundings, self.kind, job)
        if left is None:
            return None
        if left.state == "running":
            self.log.info("%s %s (operation %s) is taken up first", left.kind, job, left.id)
            engine = self._opened(surroundings, left.kind, left.request, left.id)
            progress = engine.advance()
            if isinstance(progress, Waiting):
                self._wait(engine.operation_id, progress)
            left = progress
        if (left.kind, left.state) != (self.kind, "succeeded"):
            return None
        request = operation_of(self.kind).request(surroundings, job, self.options)
        return left if dict(left.request) == dict(request) else None

    def _worked(self, surroundings: Services, engine: Engine) -> dict[str, Any]:
        """Advance as far as can be; defers where the operation only waits."""
        progress = engine.advance()
        while isinstance(progress, Waiting):
            paused = self.paused(surroundings, engine.operation_id, progress)
            if paused is not None:
                return paused
            if not self.stays(progress):
                self._wait(engine.operation_id, progress)
            surroundings.clock.sleep(progress.poll_after)
            progress = engine.advance()
        return self._ended(surroundings, progress)

    def _engine(
        self, surroundings: Services, operation_id: OperationId, record: OperationRecord | None
    ) -> Engine:
        request = (
            record.request
            if record is not None
            else operation_of(self.kind).request(surroundings, JobName(self.job), self.options)
        )
        return self._opened(surroundings, self.kind, request, operation_id)

    def _opened(
        self, surroundings: Services, kind: str, request: Json, operation_id: OperationId
    ) -> Engine:
        return open_engine(
            surroundings,
            kind,
            JobName(self.job),
            request,
            operation_id=operation_id,
            surface=f"Airflow, DAG {self.dag_id}",
            listener=self._log_event,
        )

    def _wait(self, operation_id: OperationId, waiting: Waiting) -> NoReturn:
        self.log.info("%s: %s", waiting.step, waiting.note)
        self.defer(
            trigger=OperationTrigger(
                operation_id,
                self.job,
                max(_FIRST_LOOK, waiting.poll_after).total_seconds(),
            ),
            method_name="resume",
        )

    def _ended(self, surroundings: Services, record: OperationRecord) -> dict[str, Any]:
        self.flink_job_page = _page(surroundings, record.job)
        succeeded(record)
        return {"operation_id": record.id, "job": record.job, "flink_job": self.flink_job_page}

    def _log_event(self, event: Event) -> None:
        if event.phase in ("acting", "done", "ended"):
            self.log.info("%s %s: %s %s", event.job, event.title, event.phase, event.note)


def _operation_id(context: Context, job: JobName) -> OperationId:
    instance = context["ti"]
    return operation_id_of_task(instance.dag_id, instance.run_id, instance.task_id, job)


def _page(surroundings: Services, job: JobName) -> str | None:
    deployments = surroundings.ledger.deployments(job)
    if not deployments:
        return None
    return surroundings.flink(deployments[0].line).job_page(deployments[0].flink_job_id)
