"""Submit the shadow job, restoring the savepoint, under an id of this operation's own."""

import json
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from headgate.clients.flink import FlinkClient
from headgate.clients.locations import as_flink_uri, plain_location
from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName, rehearsal_job_id
from headgate.ledger.records import Json
from headgate.operations.deployment.driver_run import driver_report, run_staged_driver
from headgate.operations.deployment.driver_turn import only_driver_of
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.proving.stage_shadow import StageShadow

_LONGEST_INTERVAL = 10.0
"""Seconds between checkpoints at most: a proof needs one, and should not take hours for it."""
_SETTINGS_OF_A_SHADOW = {
    "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
    "execution.checkpointing.num-retained": "1",
    # It ends by itself when the restore fails again and again, and tells why.
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "3",
    "restart-strategy.fixed-delay.delay": "1 s",
}


class SubmitShadow:
    """Evidence: none; the intent has the ids. A job that Flink failed at once counts as there."""

    name: ClassVar[str] = "submit"
    title: ClassVar[str] = "Restore it in a shadow job"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """Job id, line, staged files, savepoint and the folder of its checkpoints."""
        chosen, staged = run.evidence[ChooseSavepoint.name], run.evidence[StageShadow.name]
        return {
            "flink_job_id": rehearsal_job_id(run.scope),
            "line": chosen["line"],
            "parallelism": chosen["parallelism"],
            "restore_from": chosen["location"],
            "checkpoints": rehearsal_folder(run),
            "interval_seconds": min(chosen["checkpoint_interval_seconds"], _LONGEST_INTERVAL),
            "driver": staged["driver"],
            "binding": staged["binding"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Ask Flink for the id."""
        job_id = FlinkJobId(intention.intent["flink_job_id"])
        picture = _client(run, intention).job(job_id)
        return Absent() if picture is None else Done({**intention.intent, "note": job_id})

    def act(self, run: Run, intention: Intention) -> None:
        """Submit it. State that no operator takes is that of the sinks, which lead nowhere."""
        client, intent = _client(run, intention), intention.intent
        with only_driver_of(run, client):
            try:
                run_staged_driver(
                    client,
                    intent["driver"],
                    intent["binding"],
                    job_id=FlinkJobId(intent["flink_job_id"]),
                    parallelism=intent["parallelism"],
                    configuration=_configuration(intent),
                    restore_from=intent["restore_from"],
                    allow_non_restored_state=True,
                )
            except Rejected as error:
                told = driver_report(Path(intent["binding"]).parent)
                raise Rejected(
                    f"{run.job}: Flink {intent['line']} did not take the shadow job: "
                    f"{told or error.what}",
                    still_true="Nothing is proven or disproven; the live job was not touched.",
                    next_step=f"headgate logs flink-{intent['line']}-jobmanager; mend the cause, "
                    f"then headgate {run.operation.kind} {run.job}",
                ) from error


def rehearsal_folder(run: Run) -> str:
    """A folder for all that the shadow job leaves; it is deleted when the shadow job is ended."""
    state = plain_location(run.services.environment.settings.state)
    return as_flink_uri(f"{state}/rehearsals/{run.job}/{run.scope}")


def _client(run: Run, intention: Intention) -> FlinkClient:
    return run.services.flink(FlinkLineName(intention.intent["line"]))


def _configuration(intent: Json) -> dict[str, str]:
    submission: dict[str, str] = json.loads(Path(intent["binding"]).read_text())["submission"]
    return {
        **submission,
        **_SETTINGS_OF_A_SHADOW,
        "execution.checkpointing.interval": f"{int(intent['interval_seconds'] * 1000)} ms",
        "execution.checkpointing.dir": intent["checkpoints"],
    }
