"""Submit a staged job to its cluster: one Flink job, whatever happens to the answer."""

import json
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.clients.locations import as_flink_uri
from headgate.clients.storage import snapshots_below
from headgate.errors import Rejected
from headgate.ids import Digest, FlinkJobId, FlinkLineName, flink_job_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.driver_run import driver_report, run_staged_driver
from headgate.operations.deployment.driver_turn import only_driver_of
from headgate.operations.deployment.kept_submission import keep_submission
from headgate.operations.deployment.whole_file import writing_artefacts
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.handover_bounds import bounds_file, gate_parameters, write_bounds
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.restoring.restored_gating import restored_gating
from headgate.operations.stage import Staged
from headgate.plan.handover import Bounds

_SETTINGS_OF_OURS = {
    # An ended job leaves its last checkpoints behind; only its end by a savepoint removes them.
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "execution.checkpointing.num-retained": "3",
}

_NOT_RUNNING = "It is not running; its snapshots and the results published before are as they were."


class Submit:
    """Evidence: the Flink job id and the snapshot that it was told to restore."""

    name: ClassVar[str] = "submit"
    title: ClassVar[str] = "Submit to Flink"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """Job id, line, staged files and the snapshot to restore."""
        plan, staged = run.evidence["plan"], run.evidence["stage"]
        return {
            "flink_job_id": flink_job_id(
                run.services.environment.name, run.job, plan["generation"], plan["attempt"]
            ),
            "generation": plan["generation"],
            "attempt": plan["attempt"],
            "line": plan["line"],
            "parallelism": plan["parallelism"],
            "restore_from": self.restore_from(run),
            **self.gating(run),
            "driver": staged["driver"],
            "binding": staged["binding"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask Flink for the id: there, ended, or unknown; unknown is also what was lost."""
        intent = intention.intent
        picture = _client(run, intent).job(FlinkJobId(intent["flink_job_id"]))
        if picture is None:
            _refuse_to_repeat(run, intent)
            return Absent()
        if picture.is_terminal:
            raise _refused(run, intent, picture)
        return Done(
            {
                "flink_job_id": intent["flink_job_id"],
                "restore_from": intent["restore_from"],
                "note": intent["flink_job_id"],
            }
        )

    def act(self, run: Run, intention: Intention) -> None:
        """Record the deployment, then submit it under its intended id, when it is its turn.

        Raises Rejected where what was staged is no longer what it was, and where another job of
        that name runs: that of an operation that was given up while its driver ran.
        """
        intent = intention.intent
        client = _client(run, intent)
        refuse_changed(run)
        deployment = new_deployment(run, intent, client)
        with only_driver_of(run, client):
            refuse_beside_another(run, intent, client)
            run.services.ledger.add_deployment(run.lease, deployment)
            with writing_artefacts(run, still_true=_NOT_RUNNING):
                keep_submission(run.services, deployment)
                _tell_gates(run, intent)
            run_driver(run, intent, client)

    def restore_from(self, run: Run) -> str | None:
        """The snapshot that it goes on from."""
        if "restore" in run.evidence:
            return str(run.evidence["restore"]["location"])
        if run.evidence["plan"]["restores_snapshot"]:
            return str(run.evidence["stop"]["location"])
        restore_from: str | None = run.evidence["plan"]["restore_from"]
        return restore_from

    def gating(self, run: Run) -> Json:
        """From which bound on it publishes, and whether the state of sinks may be left over."""
        return restored_gating(run)


def _tell_gates(run: Run, intent: Json) -> None:
    """Also where all is open: a job that was called off may have left a file under this id."""
    file = bounds_file(run.services, run.job, FlinkJobId(intent["flink_job_id"]))
    after = intent.get("after")
    if after is None:
        file.unlink(missing_ok=True)
    else:
        write_bounds(file, Bounds(after=after))


def _refuse_to_repeat(run: Run, intent: Json) -> None:
    """A job that has completed a checkpoint has published what came before it.

    Submitted again from the snapshot of before, it would publish that a second time.
    """
    job_id = intent["flink_job_id"]
    if all(one.flink_job_id != job_id for one in run.services.ledger.deployments(run.job)):
        return
    left = snapshots_below(f"{checkpoint_folder(run.services, run.job)}/{job_id}", levels=(1,))
    if left:
        again = "deploy" if run.operation.kind == "deploy" else "recover"
        raise Rejected(
            f"{run.job}: Flink {intent['line']} has lost the job when it was already at work; its "
            f"JobManager has restarted. It has left {left[0].location}",
            still_true="It is not running; results published before stay as they are.",
            next_step=f"headgate {again} {run.job} (continues from its newest checkpoint)",
        )


def refuse_changed(run: Run) -> None:
    """What runs must be what is recorded, or it could not be brought back."""
    staged = run.evidence["stage"]
    place = Staged(Path(staged["folder"]), Digest(staged["digest"]))
    if not place.is_whole:
        raise Rejected(
            f"{run.job}: what was staged for it was changed before it was submitted: "
            f"{place.folder}",
            still_true=_NOT_RUNNING,
            next_step=f"move that folder away, then headgate deploy {run.job} stages it anew and "
            "continues from its state",
        )


def refuse_beside_another(
    run: Run, intent: Json, client: FlinkClient, beside: Collection[FlinkJobId] = ()
) -> None:
    """No driver runs now, so every job that was submitted shows; `beside` are those that may."""
    expected = {intent["flink_job_id"], *beside}
    others = [one for one in client.live_jobs_named(run.job) if one not in expected]
    if others:
        again = "deploy" if run.operation.kind == "deploy" else "recover"
        raise Rejected(
            f"{run.job} runs already as {', '.join(others)}: another operation has submitted it "
            "meanwhile",
            still_true="Nothing was submitted; two jobs of one name end each other's transactions.",
            next_step=f"headgate status {run.job}, then headgate {again} {run.job}",
        )


def run_driver(run: Run, intent: Json, client: FlinkClient) -> None:
    """Raises Rejected with the cause that the driver has told."""
    try:
        run_staged_driver(
            client,
            intent["driver"],
            intent["binding"],
            job_id=FlinkJobId(intent["flink_job_id"]),
            parallelism=intent["parallelism"],
            configuration=_configuration(run, intent),
            restore_from=intent["restore_from"],
            allow_non_restored_state=bool(intent.get("leaves_sinks_out")),
        )
    except Rejected as error:
        raise _refused(run, intent, None) from error


def _client(run: Run, intent: Json) -> FlinkClient:
    return run.services.flink(FlinkLineName(intent["line"]))


def _configuration(run: Run, intent: Json) -> dict[str, str]:
    submission: dict[str, str] = json.loads(Path(intent["binding"]).read_text())["submission"]
    folder = as_flink_uri(checkpoint_folder(run.services, run.job))
    bounds = bounds_file(run.services, run.job, FlinkJobId(intent["flink_job_id"]))
    return {
        **submission,
        **_SETTINGS_OF_OURS,
        "parallelism.default": str(intent["parallelism"]),
        "execution.checkpointing.dir": folder,
        # There need be no such file until the job is handed over; it is ready for that all along.
        **gate_parameters(bounds, required=intent.get("after") is not None),
    }


def new_deployment(run: Run, intent: Json, client: FlinkClient) -> DeploymentRecord:
    """As it is recorded before it is submitted."""
    now = run.services.clock.now()
    plan, staged = run.evidence["plan"], run.evidence["stage"]
    return DeploymentRecord(
        job=run.job,
        generation=intent["generation"],
        attempt=intent["attempt"],
        flink_job_id=FlinkJobId(intent["flink_job_id"]),
        line=FlinkLineName(intent["line"]),
        state="intended",
        spec_digest=Digest(plan["spec_digest"]),
        plan_digest=plan["plan_digest"],
        artefact_digest=Digest(staged["digest"]),
        artefacts=staged["folder"],
        restored_from=intent["restore_from"],
        operation_id=run.id,
        created_at=now,
        updated_at=now,
        reads=plan.get("reads"),
        writes=plan.get("writes"),
        state_manifest=(plan if "manifest" in plan else run.evidence.get("state", {})).get(
            "manifest"
        ),
        flink_version=plan.get("flink_version"),
        parallelism=intent["parallelism"],
        cluster=client.rest,
    )


def _refused(run: Run, intent: Json, picture: JobPicture | None) -> Rejected:
    """Flink's answer never says why a driver failed; its report and the job's history do."""
    reasons = [driver_report(Path(intent["binding"]).parent)]
    if picture is not None:
        reasons += [f"the job ended as {picture.state}", *picture.exceptions[:1]]
    told = ": ".join(filter(None, reasons)) or "the driver failed; its error is in the log"
    return Rejected(
        f"{run.job}: Flink {intent['line']} did not take the job: {told}",
        still_true="It is not running; results published before stay as they are.",
        next_step=f"mend the cause, then headgate deploy {run.job} "
        f"(log: headgate logs flink-{intent['line']}-jobmanager)",
    )
