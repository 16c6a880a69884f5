"""Stage what the shadow job runs from: the same plan or code, bound to ends that lead nowhere."""

from pathlib import Path
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import Digest
from headgate.operations.deployment.bound_job import bind_by_itself
from headgate.operations.deployment.stage_step import StageArtefacts
from headgate.operations.engine.step import Run
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.stage import Artefacts, collect_artefacts, runtime_of
from headgate.plan.binding import PLAN_FILE
from headgate.plan.rehearsal_binding import rehearsal_binding


class StageShadow(StageArtefacts):
    """As the staging of a deployment, with the savepoint's plan and the shadow's binding."""

    title: ClassVar[str] = "Stage the shadow job"

    def artefacts(self, run: Run) -> Artefacts:
        """The plan that made the savepoint, or the code, bound to ends that lead nowhere."""
        chosen = run.evidence[ChooseSavepoint.name]
        bound = bind_by_itself(run.services, run.job, Digest(chosen["spec_digest"]), chosen["line"])
        binding = rehearsal_binding(bound.binding, run.services.environment.name)
        file = Path(chosen["artefacts"]) / PLAN_FILE
        plan = file.read_text(encoding="utf-8") if chosen["kind"] == "sql" else None
        return collect_artefacts(bound.job, binding, plan, runtime_of(run.services.project))

    def changed(self, run: Run) -> Rejected:
        """The refusal where it is no longer what it was."""
        return Rejected(
            f"{run.job}: the runtime or a schema changed while this was under way",
            still_true="Nothing was started; the savepoint is as it was.",
            next_step=f"headgate {run.operation.kind} {run.job}",
        )
