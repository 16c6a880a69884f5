"""Describe the state of a Python job, once for each code."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.ledger.records import Json
from headgate.operations.deployment.bound_job import BoundJob
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.deployment.whole_file import write_whole, writing_artefacts
from headgate.operations.describe_state import describe_state, description_digest
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.flink_python import FlinkPython, flink_python_of


class DescribeState:
    """Evidence: the file that keeps the description."""

    name: ClassVar[str] = "describe"
    title: ClassVar[str] = "Describe the state"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The file is named by the digest of what the description is made from."""
        bound = self.bound(run)
        digest = description_digest(bound.job, bound.binding, _python(run, bound).runtime)
        folder = run.services.environment.settings.artefacts / run.job / "states"
        return {"file": str(folder / f"{digest}.json")}

    def look(self, run: Run, intention: Intention) -> Look:
        """A description that was made before holds."""
        del run
        file = Path(intention.intent["file"])
        return Done({"file": str(file)}) if file.is_file() else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Build the job without submitting it."""
        bound = self.bound(run)
        text = describe_state(bound.job, bound.binding, _python(run, bound))
        with writing_artefacts(run, still_true="Nothing was stopped or submitted."):
            write_whole(Path(intention.intent["file"]), text)

    def bound(self, run: Run) -> BoundJob:
        """The job that is described."""
        return bound_of_plan(run)


def _python(run: Run, bound: BoundJob) -> FlinkPython:
    return flink_python_of(run.services.project, bound.job.spec.flink, run.services.environment)
