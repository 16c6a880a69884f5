"""The file that tells the gates of one Flink job what to let pass."""

from pathlib import Path

from headgate.ids import FlinkJobId, JobName
from headgate.operations.deployment.whole_file import write_whole
from headgate.operations.services import Services
from headgate.plan.handover import OPEN, Bounds


def bounds_file(services: Services, job: JobName, flink_job_id: FlinkJobId) -> Path:
    """Where the bounds of a Flink job are; without the file its gates are open.

    The file stays as long as the job may run: after a failover its gates read it again.
    """
    return services.environment.settings.artefacts / job / "handover" / f"{flink_job_id}.bounds"


def write_bounds(file: Path, bounds: Bounds) -> None:
    """Write the file, whole or not at all; gates read it within 100 ms, or a second at most."""
    write_whole(file, bounds.to_text())


def bounds_given(file: Path) -> Bounds:
    """What the file says; without it all is open."""
    return Bounds.of_text(file.read_text(encoding="utf-8")) if file.is_file() else OPEN


def gate_parameters(file: Path, *, required: bool = False) -> dict[str, str]:
    """The option of a submission that names the file to the job's gates.

    With `required`, for a job that begins beside another one, it fails where the file is missing.
    """
    parameters = {
        "headgate.handover.file": str(file),
        **({"headgate.handover.required": "true"} if required else {}),
    }
    # Flink's own form of maps: entries between commas, values in single quotes that are doubled
    # within (`StructuredOptionsSplitter`).
    text = ",".join(f"{key}:{_quoted(value)}" for key, value in parameters.items())
    return {"pipeline.global-job-parameters": text}


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
