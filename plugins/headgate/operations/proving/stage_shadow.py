"""Stage what the shadow job runs from: the same plan or code, bound to ends that lead nowhere."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import Digest
from headgate.ledger.records import Json
from headgate.operations.deployment.bound_job import bind
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.stage import Artefacts, collect_artefacts, place_of, stage
from headgate.plan.binding import PLAN_FILE
from headgate.plan.rehearsal_binding import rehearsal_binding


class StageShadow:
    """Evidence: the staged driver and binding."""

    name: ClassVar[str] = "stage"
    title: ClassVar[str] = "Stage the shadow job"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The digest of what will be staged."""
        return {"digest": _artefacts(run).digest}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the folder of that digest is there."""
        root = run.services.environment.settings.artefacts
        place = place_of(root, run.job, Digest(intention.intent["digest"]))
        if not place.folder.is_dir():
            return Absent()
        return Done({"driver": str(place.driver), "binding": str(place.binding)})

    def act(self, run: Run, intention: Intention) -> None:
        """Write the folder. Raises Rejected if what would be in it is no longer what it was."""
        artefacts = _artefacts(run)
        if artefacts.digest != intention.intent["digest"]:
            raise Rejected(
                f"{run.job}: the runtime or a schema changed while this was under way",
                still_true="Nothing was started; the savepoint is as it was.",
                next_step=f"headgate prove {run.job}",
            )
        stage(run.services.environment.settings.artefacts, artefacts)


def _artefacts(run: Run) -> Artefacts:
    chosen = run.evidence[ChooseSavepoint.name]
    bound = bind(run.services, run.job, Digest(chosen["spec_digest"]))
    binding = rehearsal_binding(bound.binding, run.services.environment.name)
    file = Path(chosen["artefacts"]) / PLAN_FILE
    plan = file.read_text(encoding="utf-8") if chosen["kind"] == "sql" else None
    runtime = run.services.project / "flink_jobs" / "headgate_runtime"
    return collect_artefacts(bound.job, binding, plan, runtime)
