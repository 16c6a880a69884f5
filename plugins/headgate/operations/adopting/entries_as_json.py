"""Entries of the ledger as JSON, for the evidence of the step that found them."""

from collections.abc import Sequence
from datetime import datetime

from headgate.ledger.records import DeploymentRecord, Json, SnapshotRecord
from headgate.operations.adopting.found_entries import FoundEntries
from headgate.operations.deployment.kept_submission import deployment_as_json, deployment_of_json


def as_evidence(found: FoundEntries) -> Json:
    """All columns, times as ISO 8601."""
    return {
        "live": found.live,
        "deployments": [deployment_as_json(one) for one in found.deployments],
        "snapshots": [
            {**vars(one), "taken_at": one.taken_at.isoformat()} for one in found.snapshots
        ],
    }


def deployments_of(evidence: Json) -> Sequence[DeploymentRecord]:
    """Read back what `as_evidence` wrote."""
    return [deployment_of_json(one) for one in evidence["deployments"]]


def snapshots_of(evidence: Json) -> Sequence[SnapshotRecord]:
    """Read back what `as_evidence` wrote."""
    return [
        SnapshotRecord(**{**one, "taken_at": datetime.fromisoformat(one["taken_at"])})
        for one in evidence["snapshots"]
    ]
