"""Stage driver, code, plan and binding where the cluster sees them."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import Digest
from headgate.ledger.records import Json
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.deployment.whole_file import writing_artefacts
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.stage import (
    Artefacts,
    collect_artefacts,
    place_of,
    runtime_of,
    stage,
)


class StageArtefacts:
    """Evidence: the staged folder, its digest, and the driver and binding in it."""

    name: ClassVar[str] = "stage"
    title: ClassVar[str] = "Stage code and plan"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The digest of what will be staged."""
        return {"digest": self.artefacts(run).digest}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the folder of that digest is there. Raises Rejected if it was changed."""
        root = run.services.environment.settings.artefacts
        place = place_of(root, run.job, Digest(intention.intent["digest"]))
        if not place.folder.is_dir():
            return Absent()
        if not place.is_whole:
            raise Rejected(
                f"{run.job}: what was staged for it was changed since: {place.folder}",
                still_true="Nothing was stopped or submitted.",
                next_step=f"move that folder away, then headgate {run.operation.kind} {run.job} "
                "stages it anew",
            )
        return Done(place.as_evidence())

    def act(self, run: Run, intention: Intention) -> None:
        """Write the folder.

        Raises Rejected if what would be in it is no longer what it was, or it cannot be written.
        """
        artefacts = self.artefacts(run)
        if artefacts.digest != intention.intent["digest"]:
            raise self.changed(run)
        with writing_artefacts(run, still_true="Nothing was stopped or submitted."):
            stage(run.services.environment.settings.artefacts, artefacts)

    def artefacts(self, run: Run) -> Artefacts:
        """What the job runs from, as the files and the registry have it now."""
        bound = bound_of_plan(run)
        compiled = run.evidence.get("compile")
        plan = Path(compiled["file"]).read_text(encoding="utf-8") if compiled else None
        return collect_artefacts(bound.job, bound.binding, plan, runtime_of(run.services.project))

    def changed(self, run: Run) -> Rejected:
        """The refusal where it is no longer what it was."""
        return Rejected(
            f"{run.job}: the runtime or a schema changed while this deployment was under way",
            still_true="Nothing was submitted.",
            next_step=f"headgate deploy {run.job}",
        )
