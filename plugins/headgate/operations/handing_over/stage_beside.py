"""Stage what runs beside the live job: the same, with sinks and transactions of its own."""

from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.errors import Rejected
from headgate.operations.deployment.bound_job import BoundJob
from headgate.operations.deployment.describe_step import DescribeState
from headgate.operations.deployment.planned_job import bound_of_plan
from headgate.operations.deployment.stage_step import StageArtefacts
from headgate.operations.deployment.state_step import declared_manifest
from headgate.operations.describe_state import read_description
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.stage import Artefacts, collect_artefacts, runtime_of
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.beside import beside, beside_binding, sinks_left_out
from headgate.plan.binding import PLAN_FILE
from headgate.plan.handover_gates import gates_of, gates_of_python
from headgate.plan.state_manifest import recorded_manifest


def bound_beside(run: Run) -> BoundJob:
    """The job bound for a run beside the live one, under a mark that no run of it has had."""
    bound, plan = bound_of_plan(run), run.evidence["plan"]
    mark = f"{plan['generation']}x{plan['attempt']}"
    binding = beside_binding(bound.binding, run.services.environment.name, mark)
    return BoundJob(bound.job, binding, bound.plan_digest)


class DescribeBeside(DescribeState):
    """As of a deployment, of the job with sinks of its own."""

    title: ClassVar[str] = "Describe the state of the second job"

    def bound(self, run: Run) -> BoundJob:
        """The job that runs beside the live one."""
        return bound_beside(run)


class StageBeside(StageArtefacts):
    """As the staging of a deployment. A SQL job's plan is that which runs, its sinks renumbered."""

    title: ClassVar[str] = "Stage the second job"

    def artefacts(self, run: Run) -> Artefacts:
        """What the live job runs from, with sinks of its own."""
        bound = bound_beside(run)
        plan = _plan_beside(run) if bound.job.kind == "sql" else None
        return collect_artefacts(bound.job, bound.binding, plan, runtime_of(run.services.project))

    def changed(self, run: Run) -> Rejected:
        """The refusal where it is no longer what it was."""
        return Rejected(
            f"{run.job}: the runtime or a schema changed while this was under way",
            still_true="Nothing was started; the live job runs on.",
            next_step=f"headgate {run.operation.kind} {run.job}",
        )


class CompareBeside(OnlyLooks):
    """Evidence: the manifest of the second job, and how many gates each of the two jobs has."""

    name: ClassVar[str] = "state"
    title: ClassVar[str] = "Compare the state of the second job"
    patience: ClassVar[timedelta] = timedelta(0)

    def look(self, run: Run, intention: Intention) -> Look:
        """All but the sinks' state goes over. Raises Rejected if anything else would not."""
        del intention
        bound, live = bound_beside(run), live_deployment(run)
        parallelism = live.parallelism or kept_artefacts(run.services, live).parallelism
        plan = run.evidence["plan"]
        text = _text(run)
        manifest = declared_manifest(bound.binding, text)
        old = recorded_manifest(live.state_manifest)
        try:
            left = sinks_left_out(old, manifest) if old is not None else frozenset()
        except ValueError as error:
            raise Rejected(
                f"{run.job}: the second job does not take over what the first one keeps: {error}",
                still_true=f"Nothing was started; Flink job {live.flink_job_id} runs on.",
                next_step=f"headgate {run.operation.kind} {run.job} --way 'stop and restore'",
            ) from error
        per_sink = (
            gates_of(text) if bound.job.kind == "sql" else gates_of_python(read_description(text))
        )
        return Done(
            {
                "manifest": manifest.to_json(),
                "left_out": sorted(left),
                "old_gates": per_sink * parallelism,
                "new_gates": per_sink * plan["parallelism"],
            }
        )


def _plan_beside(run: Run) -> str:
    folder = Path(live_deployment(run).artefacts or "")
    return beside((folder / PLAN_FILE).read_text(encoding="utf-8")).plan


def _text(run: Run) -> str:
    staged = run.evidence["stage"]
    described = run.evidence.get("describe")
    file = Path(staged["folder"]) / PLAN_FILE
    return (file if file.is_file() else Path((described or {})["file"])).read_text(encoding="utf-8")
