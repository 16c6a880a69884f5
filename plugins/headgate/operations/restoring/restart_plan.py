"""The plan of a restart in the form of a deployment's plan, so that its steps can follow."""

from typing import Any

from headgate.ids import flink_job_id
from headgate.ledger.records import DeploymentRecord
from headgate.operations.restoring.kept_artefacts import KeptArtefacts
from headgate.operations.restoring.what_is_declared import policies
from headgate.operations.services import Services


def restart_plan(
    services: Services,
    base: DeploymentRecord,
    artefacts: KeptArtefacts,
    *,
    generation: int,
    attempt: int,
) -> dict[str, Any]:
    """Evidence of a plan that starts `base` again, as this attempt or the next unused one."""
    health = policies(services, base.job).health
    return {
        "generation": generation,
        "attempt": _unused(services, base, generation, attempt),
        "restore_from": None,
        "restores_snapshot": False,
        "base": base.flink_job_id,
        "kind": artefacts.kind,
        "line": base.line,
        "flink_version": services.flink(base.line).overview().version,
        "parallelism": base.parallelism or artefacts.parallelism,
        "reads": base.reads,
        "writes": base.writes,
        "spec_digest": base.spec_digest,
        "plan_digest": base.plan_digest,
        "manifest": base.state_manifest,
        "checkpoints": health.checkpoints,
        "deadline_seconds": health.deadline.total_seconds(),
    }


def _unused(services: Services, base: DeploymentRecord, generation: int, attempt: int) -> int:
    """Flink takes an id only once, also one that the ledger does not know."""
    client, environment = services.flink(base.line), services.environment.name
    while client.job(flink_job_id(environment, base.job, generation, attempt)) is not None:
        attempt += 1
    return attempt
