"""Compile the SQL of a job, once for each plan digest."""

import os
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.ids import Digest
from headgate.ledger.records import Json
from headgate.operations.compile_plan import compiler_of
from headgate.operations.deployment.bound_job import bind
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run


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
        """Compile, and put the file there whole."""
        bound = bind(run.services, run.job, Digest(run.evidence["plan"]["spec_digest"]))
        compiler = compiler_of(run.services.project, bound.job.spec.flink, run.services.environment)
        text = compiler.compile(bound.job, bound.binding)
        file = Path(intention.intent["file"])
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f".{file.name}.{os.getpid()}")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
