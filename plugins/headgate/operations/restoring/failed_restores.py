"""Restores that failed on the snapshot's own files: told when seen, found again when choosing."""

from collections.abc import Mapping, Sequence

from headgate.clients.flink import JobPicture
from headgate.clients.locations import plain_location, same_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import is_there
from headgate.errors import HeadgateError
from headgate.ledger.records import DeploymentRecord
from headgate.operations.services import Services
from headgate.plan.snapshot import Snapshot
from headgate.plan.unreadable_state import unreadable_state

FAILED_RESTORE = "failed_restore"
"""In the progress of the step that watched the restored job: what was the matter."""


def failed_restore(
    services: Services, deployment: DeploymentRecord, picture: JobPicture
) -> str | None:
    """Why the snapshot that a deployment was restored from is to blame; None if it is not.

    What Flink says is compared with what is seen from here: a TaskManager that cannot reach the
    storage misses files too. A file that ends too early is believed only where the same code on
    the same Flink wrote it: other code may read past the end of what is whole.
    """
    asked = deployment.restored_from
    told = unreadable_state(picture, asked) if asked else None
    if asked is None or told is None:
        return None
    try:
        if metadata_problem(asked) is not None:
            return None
        if told.missing is not None:
            return None if is_there(told.missing) else f"a file of it is missing: {told.missing}"
    except HeadgateError:
        return None
    if not _is_written_by_the_same(services, deployment, asked):
        return None
    return f"Flink could not read its files: {told.cause}"


def failed_restores(
    services: Services, deployments: Sequence[DeploymentRecord], snapshots: Sequence[Snapshot]
) -> Mapping[str, str]:
    """Why the last restore of a snapshot failed, by plain location; `deployments` latest first.

    One that left a snapshot of its own, or was healthy, was restored in the end.
    """
    found: dict[str, str] = {}
    with_state = {one.flink_job_id for one in snapshots}
    for deployment in deployments:
        if deployment.state == "astray":  # it was started from something else
            continue
        if deployment.state != "intended" or deployment.flink_job_id in with_state:
            break
        if deployment.restored_from is not None:
            told = _remembered(services, deployment)
            found.setdefault(plain_location(deployment.restored_from), told)
    return {
        location: f"its last restore failed: {told}" for location, told in found.items() if told
    }


def _remembered(services: Services, deployment: DeploymentRecord) -> str:
    for step in services.ledger.steps(deployment.operation_id):
        if step.intent.get("flink_job_id") == deployment.flink_job_id:
            told = step.progress.get(FAILED_RESTORE)
            if told:
                return str(told)
    return ""


def _is_written_by_the_same(services: Services, deployment: DeploymentRecord, asked: str) -> bool:
    ran = (deployment.artefact_digest, deployment.flink_version)
    if None in ran:
        return False
    for record in services.ledger.snapshots(deployment.job):
        if same_location(record.location, asked):
            return (record.artefact_digest, record.flink_version) == ran
    parts = plain_location(asked).split("/")
    return any(
        (one.artefact_digest, one.flink_version) == ran
        for one in services.ledger.deployments(deployment.job)
        if one.flink_job_id == parts[-2]
    )
