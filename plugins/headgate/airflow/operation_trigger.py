"""Waiting for an operation without a worker: the triggerer looks, and acts on nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from headgate.airflow.surroundings import services
from headgate.ids import JobName, OperationId
from headgate.operations.engine.running import seconds_until_more
from headgate.plan.left_open import SIGN_OF_LIFE


class OperationTrigger(BaseTrigger):
    """Fires when the operation's current step has more to do than to wait.

    The first look comes after `first_look_seconds`: a task that resumes within about three
    seconds of its deferral can be marked failed by the scheduler (apache/airflow 72716).
    """

    def __init__(self, operation_id: str, job: str, first_look_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operation_id = operation_id
        self.job = job
        self.first_look_seconds = first_look_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, from which the triggerer builds it again."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "operation_id": self.operation_id,
                "job": self.job,
                "first_look_seconds": self.first_look_seconds,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until there is more to do; the ending of this trigger never touches the job.

        It ends also when the task has to show that the operation is worked on, which only a task
        can: whoever looks writes nothing.
        """
        wait: float | None = self.first_look_seconds
        show_life_at = time.monotonic() + SIGN_OF_LIFE.total_seconds()
        while wait is not None and time.monotonic() + wait < show_life_at:
            await asyncio.sleep(wait)
            wait = await asyncio.to_thread(self._look)
        yield TriggerEvent({"operation_id": self.operation_id})  # type: ignore[no-untyped-call]

    def _look(self) -> float | None:
        return seconds_until_more(services(), OperationId(self.operation_id), JobName(self.job))
