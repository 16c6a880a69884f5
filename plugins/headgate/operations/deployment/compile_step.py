"""Compile the SQL of a job, once for each plan digest."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ledger.records import Json
from headgate.operations.compile_plan import compiler_of
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.deployment.whole_file import write_whole, writing_artefacts
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.stage import place_of
from headgate.plan.binding import PLAN_FILE


class CompilePlan:
    """Evidence: the file that keeps the compiled plan."""

    name: ClassVar[str] = "compile"
    title: ClassVar[str] = "Compile the SQL"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The file is named by the digest of what the plan is made from."""
        return {"file": str(file_of_plan(run, run.evidence["plan"]["plan_digest"]))}

    def look(self, run: Run, intention: Intention) -> Look:
        """A plan that was compiled before is used again: its operators' uids are in the state."""
        file = Path(intention.intent["file"])
        if not file.is_file():
            return Absent()
        _refuse_changed(run, file)
        return Done({"file": str(file)})

    def act(self, run: Run, intention: Intention) -> None:
        """Put the plan there whole: the one that earlier deployments ran, else compile."""
        file = Path(intention.intent["file"])
        text = next(_staged_plans(run), None) or _compiled(run)
        with writing_artefacts(run, still_true="Nothing was stopped or submitted."):
            write_whole(file, text)


def file_of_plan(run: Run, digest: str) -> Path:
    """Where the compiled plan of that digest is kept."""
    return run.services.environment.settings.artefacts / run.job / "plans" / f"{digest}.json"


def _compiled(run: Run) -> str:
    bound = bound_of_plan(run)
    compiler = compiler_of(run.services.project, bound.job.spec.flink, run.services.environment)
    return compiler.compile(bound.job, bound.binding)


def _staged_plans(run: Run) -> Iterator[str]:
    """Copies of the plan beside what earlier deployments ran from, the latest first.

    Compiled again, by another version above all, the same SQL may be numbered otherwise.
    """
    root = run.services.environment.settings.artefacts
    for deployment in run.services.ledger.deployments(run.job):
        same_plan = deployment.plan_digest == run.evidence["plan"]["plan_digest"]
        if same_plan and deployment.artefact_digest:
            staged = place_of(root, run.job, deployment.artefact_digest)
            file = staged.folder / PLAN_FILE
            if file.is_file() and staged.is_whole:
                yield file.read_text(encoding="utf-8")


def _refuse_changed(run: Run, file: Path) -> None:
    """A plan that was changed has other operators or other uids than what made the state."""
    ran = next(_staged_plans(run), None)
    if ran is not None and file.read_text(encoding="utf-8") != ran:
        raise Rejected(
            f"{run.job}: the compiled plan is not the one that was deployed before: {file}",
            still_true="Nothing was stopped or submitted.",
            next_step=f"move it away, then headgate deploy {run.job} takes the one that was "
            "deployed",
        )
