"""Keep the plan that runs now as the compiled plan of the job: its sinks have other ids."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.ledger.records import Json
from headgate.operations.deployment.compile_step import file_of_plan
from headgate.operations.deployment.whole_file import write_whole, writing_artefacts
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.plan.binding import PLAN_FILE


class KeepPlan:
    """Later deployments of the same SQL run from it, so that they find the state of its sinks."""

    name: ClassVar[str] = "keep_plan"
    title: ClassVar[str] = "Keep the plan"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The plan as it was staged, and where it is kept."""
        staged = Path(run.evidence["stage"]["folder"]) / PLAN_FILE
        kept = file_of_plan(run, run.evidence["plan"]["plan_digest"])
        return {"staged": str(staged), "kept": str(kept)}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is kept."""
        del run
        staged, kept = Path(intention.intent["staged"]), Path(intention.intent["kept"])
        is_kept = kept.is_file() and kept.read_bytes() == staged.read_bytes()
        return Done({}) if is_kept else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Write it whole."""
        text = Path(intention.intent["staged"]).read_text(encoding="utf-8")
        with writing_artefacts(run, still_true="The second job is the job, and runs."):
            write_whole(Path(intention.intent["kept"]), text)
