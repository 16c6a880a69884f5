"""What state a job keeps: recorded at its deployment, and as it would be now. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.ids import Digest, FlinkJobId, JobName
from headgate.operations.compile_plan import compiler_of
from headgate.operations.declared_binding import declared_binding
from headgate.operations.deployment.state_step import declared_manifest
from headgate.operations.describe_state import describe_state
from headgate.operations.flink_python import flink_python_of
from headgate.operations.services import Services
from headgate.plan.binding import Binding, plan_digest
from headgate.plan.state_difference import Fit, StateDifference, differences, fit
from headgate.plan.state_manifest import StateManifest, recorded_manifest
from headgate.spec.declared import Declared, DeclaredJob


@dataclass(frozen=True)
class JobState:
    """The state of one job, recorded and declared.

    `recorded` is None for a job never deployed, or deployed before states were recorded;
    `declared` for a job that is no longer declared.
    """

    job: JobName
    flink_job_id: FlinkJobId | None
    recorded: StateManifest | None
    declared: StateManifest | None
    is_other_sql: bool = False
    """Whether the SQL is another than the one deployed: then no state of it can be restored."""

    @property
    def differences(self) -> Sequence[StateDifference]:
        """What would become of the recorded state under the declaration."""
        if self.recorded is None or self.declared is None:
            return ()
        return differences(self.recorded, self.declared)

    @property
    def fit(self) -> Fit | None:
        """Whether a deployment would restore the state; None where one of the two is not known."""
        if self.recorded is None or self.declared is None:
            return None
        return "incompatible" if self.is_other_sql else fit(self.differences)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "job": self.job,
            "flink_job_id": self.flink_job_id,
            "recorded": self.recorded.to_json() if self.recorded else None,
            "declared": self.declared.to_json() if self.declared else None,
            "differences": [one.to_json() for one in self.differences],
            "fit": self.fit,
        }


def state_of_job(services: Services, job: JobName, declared: Declared) -> JobState:
    """Compare the latest deployment of a job with its declaration.

    Raises:
        SpecError: Flink does not take the code; the finding has its line.
        Unavailable: the Python of the Flink line is missing.

    """
    deployments = services.ledger.deployments(job)
    latest = deployments[0] if deployments else None
    now = declared.jobs.get(job)
    binding = declared_binding(now, declared.topics, services.environment) if now else None
    digest = plan_digest(binding) if binding is not None and binding.kind == "sql" else None
    return JobState(
        job,
        latest.flink_job_id if latest else None,
        recorded_manifest(latest.state_manifest) if latest else None,
        _declared(services, now, binding, digest) if now and binding else None,
        is_other_sql=latest is not None and now is not None and latest.plan_digest != digest,
    )


def _declared(
    services: Services, job: DeclaredJob, binding: Binding, digest: Digest | None
) -> StateManifest:
    project, line, environment = services.project, job.spec.flink, services.environment
    if digest is None:
        python = flink_python_of(project, line, environment)
        return declared_manifest(binding, describe_state(job, binding, python))
    kept = Path(environment.settings.artefacts) / job.name / "plans" / f"{digest}.json"
    if kept.is_file():
        return declared_manifest(binding, kept.read_text(encoding="utf-8"))
    text = compiler_of(project, line, environment).compile(job, binding)
    return declared_manifest(binding, text)
