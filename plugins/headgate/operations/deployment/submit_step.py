"""Submit a staged job to its cluster: one Flink job, whatever happens to the answer."""

import io
import json
import zipfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.clients.locations import as_flink_uri
from headgate.errors import HeadgateError, Rejected
from headgate.ids import Digest, FlinkJobId, FlinkLineName, flink_job_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.driver_turn import only_driver_of
from headgate.operations.deployment.facts import checkpoint_folder
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run

_SETTINGS_OF_OURS = {
    # An ended job leaves its last checkpoints behind; only its end by a savepoint removes them.
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "execution.checkpointing.num-retained": "3",
}


class Submit:
    """Evidence: the Flink job id and the snapshot that it was told to restore."""

    name: ClassVar[str] = "submit"
    title: ClassVar[str] = "Submit to Flink"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """Job id, line, staged files and the snapshot to restore."""
        plan, staged = run.evidence["plan"], run.evidence["stage"]
        restore_from = plan["restore_from"]
        if plan["restores_snapshot"]:
            restore_from = run.evidence["stop"]["location"]
        return {
            "flink_job_id": flink_job_id(
                run.services.environment.name, run.job, plan["generation"], plan["attempt"]
            ),
            "generation": plan["generation"],
            "attempt": plan["attempt"],
            "line": plan["line"],
            "parallelism": plan["parallelism"],
            "restore_from": restore_from,
            "driver": staged["driver"],
            "binding": staged["binding"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask Flink for the id: there, ended, or unknown."""
        intent = intention.intent
        picture = _client(run, intent).job(FlinkJobId(intent["flink_job_id"]))
        if picture is None:
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
        """Record the deployment, then submit it under its intended id."""
        intent = intention.intent
        client = _client(run, intent)
        run.services.ledger.add_deployment(run.lease, _deployment(run, intent))
        with only_driver_of(run, client):
            _run_driver(run, intent, client)


def _run_driver(run: Run, intent: Json, client: FlinkClient) -> None:
    jar = client.upload_jar("headgate-driver.jar", _empty_jar())
    try:
        client.run_driver(
            jar,
            [intent["driver"], intent["binding"]],
            job_id=FlinkJobId(intent["flink_job_id"]),
            parallelism=intent["parallelism"],
            configuration=_configuration(run, intent),
            restore_from=intent["restore_from"],
        )
    except Rejected as error:
        raise _refused(run, intent, None) from error
    finally:
        with suppress(HeadgateError):
            client.delete_jar(jar)


def _client(run: Run, intent: Json) -> FlinkClient:
    return run.services.flink(FlinkLineName(intent["line"]))


def _configuration(run: Run, intent: Json) -> dict[str, str]:
    submission: dict[str, str] = json.loads(Path(intent["binding"]).read_text())["submission"]
    folder = as_flink_uri(checkpoint_folder(run.services, run.job))
    return {**submission, **_SETTINGS_OF_OURS, "execution.checkpointing.dir": folder}


def _deployment(run: Run, intent: Json) -> DeploymentRecord:
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
    )


def _refused(run: Run, intent: Json, picture: JobPicture | None) -> Rejected:
    """Flink's answer never says why a driver failed; its report and the job's history do."""
    reasons = [_reported(Path(intent["binding"]).parent)]
    if picture is not None:
        reasons += [f"the job ended as {picture.state}", *picture.exceptions[:1]]
    told = ": ".join(filter(None, reasons)) or "the driver failed; its error is in the log"
    return Rejected(
        f"{run.job}: Flink {intent['line']} did not take the job: {told}",
        still_true="It is not running; results published before stay as they are.",
        next_step=f"mend the cause, then headgate deploy {run.job} "
        f"(log: headgate logs flink-{intent['line']}-jobmanager)",
    )


def _reported(folder: Path) -> str:
    """The driver's own report, which it writes beside its folder."""
    report = folder.with_name(f"{folder.name}.report.json")
    try:
        error: dict[str, Any] = json.loads(report.read_text())["error"]
    except (OSError, ValueError, KeyError):
        return ""
    return f"{error['kind']}: {error['message']}"


def _empty_jar() -> bytes:
    """A jar without content: PythonDriver is in the cluster's own flink-python jar."""
    manifest = "Manifest-Version: 1.0\nMain-Class: org.apache.flink.client.python.PythonDriver\n\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", manifest)
    return buffer.getvalue()
