"""A copy of each submission beside its artefacts, from which a lost ledger is rebuilt.

`<artefacts>/<job>/deployments/<Flink job id>.json` holds the deployment as the ledger has it:
written before the submission, and once more when the job is healthy.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from headgate.errors import NeedsOperator
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.whole_file import write_whole
from headgate.operations.services import Services

_TIMES = ("created_at", "updated_at")
_FIELDS = {field.name for field in fields(DeploymentRecord)}


def folder_of_submissions(services: Services, job: JobName) -> Path:
    """Where the copies of a job's submissions are."""
    return services.environment.settings.artefacts / job / "deployments"


def keep_submission(services: Services, deployment: DeploymentRecord) -> None:
    """Write the copy, whole or not at all; the same one again is no error."""
    file = folder_of_submissions(services, deployment.job) / f"{deployment.flink_job_id}.json"
    write_whole(file, json.dumps(deployment_as_json(deployment), indent=2))


def kept_submissions(services: Services, job: JobName) -> Sequence[DeploymentRecord]:
    """The copies that are there, the latest submission first.

    Raises:
        NeedsOperator: one of them cannot be read.

    """
    found = []
    for file in folder_of_submissions(services, job).glob("*.json"):
        try:
            found.append(deployment_of_json(json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise NeedsOperator(
                f"{job}: {file} is not a submission of headgate: {error}",
                still_true="Nothing was changed.",
                next_step="restore the file, or move it away to do without that submission",
            ) from error
    return sorted(found, key=lambda kept: (kept.generation, kept.attempt), reverse=True)


def deployment_as_json(deployment: DeploymentRecord) -> dict[str, Any]:
    """All columns, times as ISO 8601."""
    return {**vars(deployment), **{name: getattr(deployment, name).isoformat() for name in _TIMES}}


def deployment_of_json(content: dict[str, Any]) -> DeploymentRecord:
    """Read back what `deployment_as_json` wrote; columns of a newer headgate are left out."""
    known = {name: value for name, value in content.items() if name in _FIELDS}
    times = {name: datetime.fromisoformat(content[name]) for name in _TIMES}
    return DeploymentRecord(**{**known, **times})
