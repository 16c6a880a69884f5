"""Compile the SQL of a job, once for each plan digest."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.ledger.records import Json
from headgate.operations.compile_plan import compiler_of
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.deployment.whole_file import write_whole
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.plan.binding import PLAN_FILE


class CompilePlan:
    """Evidence: the file that keeps the compiled plan."""

    name: ClassVar[str] = "compile"
    title: ClassVar[str] = "Compile the SQL"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The file is named by the digest of what the plan is made from."""
        digest = run.evidence["plan"]["plan_digest"]
        folder = run.services.environment.settings.artefacts / run.job / "plans"
        return {"file": str(folder / f"{digest}.json")}

    def look(self, run: Run, intention: Intention) -> Look:
        """A plan that was compiled before is used again: its operators' uids are in the state."""
        del run
        file = Path(intention.intent["file"])
        return Done({"file": str(file)}) if file.is_file() else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Put the plan there whole: the one that earlier deployments ran, else compile."""
        file = Path(intention.intent["file"])
        kept = next(_staged_plans(run), None)
        if kept is not None:
            write_whole(file, kept.read_text(encoding="utf-8"))
            return
        bound = bound_of_plan(run)
        compiler = compiler_of(run.services.project, bound.job.spec.flink, run.services.environment)
        write_whole(file, compiler.compile(bound.job, bound.binding))


def _staged_plans(run: Run) -> Iterator[Path]:
    """Copies of the plan beside what earlier deployments ran from, the latest first.

    Compiled again, by another version above all, the same SQL may be numbered otherwise.
    """
    for deployment in run.services.ledger.deployments(run.job):
        if deployment.plan_digest == run.evidence["plan"]["plan_digest"] and deployment.artefacts:
            file = Path(deployment.artefacts) / PLAN_FILE
            if file.is_file():
                yield file
