"""First step of a rescaling: what runs, and how it gets the parallelism. Reads only."""

from datetime import timedelta
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ledger.records import Json
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.ledger_age import refuse_older_ledger
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.restoring.restart_plan import restart_plan
from headgate.plan.deploy import Refusal
from headgate.plan.rescale import RescaleFacts, plan_rescale, target


class PlanRescale(OnlyLooks):
    """Evidence: the decision, in the form of a deployment's plan where a restart follows."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Look and plan"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The parallelism that was asked for."""
        return dict(run.operation.request)

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide, or say why not."""
        refuse_older_ledger(run.services, run.job)
        latest = run.services.ledger.deployments(run.job)[0]
        client = run.services.flink(latest.line)
        picture = client.job(latest.flink_job_id)
        if picture is None or picture.is_terminal:
            raise Rejected(
                f"{run.job} does not run: its last deployment has ended",
                still_true="Nothing was changed.",
                next_step=f"headgate status {run.job}",
            )
        if not picture.vertices or any(one.state != "RUNNING" for one in picture.vertices):
            raise Rejected(
                f"{run.job} cannot be rescaled while not all of its tasks run",
                still_true="Nothing was changed.",
                next_step=f"headgate status {run.job}, then headgate rescale {run.job} again",
            )
        artefacts, overview = kept_artefacts(run.services, latest), client.overview()
        wanted = int(intention.intent["parallelism"])
        decision = plan_rescale(
            RescaleFacts(
                job=run.job,
                wanted=wanted,
                vertices=picture.vertices,
                max_parallelism=artefacts.max_parallelism,
                slots_available=overview.slots_available,
                is_adaptive=client.is_adaptive(),
            )
        )
        if isinstance(decision, Refusal):
            raise Rejected(
                decision.what,
                still_true="Nothing was changed; the job runs on.",
                next_step=decision.next_step,
            )
        targets = {vertex.id: target(vertex, wanted) for vertex in picture.vertices}
        plan = restart_plan(
            run.services,
            latest,
            artefacts,
            generation=latest.generation,
            attempt=latest.attempt + 1,
        )
        return Done(
            {
                **plan,
                "action": decision.action,
                "restores_snapshot": decision.action == "restart",
                "parallelism": wanted,
                "vertices": targets,
                "had": {vertex.id: vertex.parallelism for vertex in picture.vertices},
                "note": decision.reason,
            }
        )
