"""The steps between the plan of a restart and its submission."""

from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkJobId
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.restoring.chosen_snapshot import choose_snapshot
from headgate.operations.restoring.kept_artefacts import kept_artefacts


class ChooseSnapshot(OnlyLooks):
    """Evidence: the snapshot, chosen when nothing makes newer ones any more."""

    name: ClassVar[str] = "restore"
    title: ClassVar[str] = "Choose the snapshot"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """What was asked for."""
        request = run.operation.request
        return {"from": request.get("from"), "accept_age": bool(request.get("accept_age"))}

    def look(self, run: Run, intention: Intention) -> Look:
        """Choose, or say why not."""
        base = restarted_deployment(run)
        chosen = choose_snapshot(
            run.services,
            run.job,
            base.flink_job_id,
            named=intention.intent["from"],
            accept_age=intention.intent["accept_age"],
            command="start" if run.operation.kind == "start" else "recover",
        )
        snapshot = chosen.snapshot
        return Done(
            {
                "location": snapshot.location,
                "state_of": chosen.made_by,
                "format": snapshot.format,
                "taken_at": snapshot.taken_at.isoformat(),
                "notes": list(chosen.notes),
                "note": "; ".join([snapshot.location, *chosen.notes]),
            }
        )


class ReuseArtefacts(OnlyLooks):
    """Evidence as that of staging: the folder that the deployment before ran from."""

    name: ClassVar[str] = "stage"
    title: ClassVar[str] = "Find what it ran from"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The digest of what is started again."""
        return {"digest": restarted_deployment(run).artefact_digest}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is there, unchanged."""
        del intention
        staged = kept_artefacts(run.services, restarted_deployment(run)).staged
        return Done(staged.as_evidence())


def restarted_deployment(run: Run) -> DeploymentRecord:
    """The deployment whose artefacts are started again."""
    job_id = FlinkJobId(run.evidence["plan"]["base"])
    return run.services.ledger.deployment(run.job, job_id)
